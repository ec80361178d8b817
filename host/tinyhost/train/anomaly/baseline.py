"""Baselines of an autoencoder: principal components, its linear form; and the choice of the number of centroids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost.datasets.motion import NORMAL
from tinyhost.metrics.classifier import roc_auc

__all__ = ["CentroidChoice", "LinearBaseLine", "best_number", "centroid_choices", "linear_base_line"]

_NUMBERS = (2, 4, 8, 16, 32, 64)
_MOST_WINDOWS = 2000


@dataclass(frozen=True, kw_only=True)
class LinearBaseLine:
    """Principal components of normal windows, as many as the embedding's values: the best linear model."""

    reconstruction: float
    """mean squared error of held-out normal windows, in the network's input units"""
    auc: Mapping[str, float]
    """by label, of the reconstruction error"""


@dataclass(frozen=True, kw_only=True)
class CentroidChoice:
    """Figures of a number of centroids of normal windows."""

    n: int
    spread: float
    """mean squared distance of a window to its centroid, as a share of that with one centroid"""
    silhouette: float
    """silhouette: how much nearer a window is to its own centroid's windows than to the next one's, -1 to 1"""


def linear_base_line(learnt: NDArray[np.float32], parts: Mapping[str, NDArray[np.float32]], n: int) -> LinearBaseLine:
    """Return the reconstruction by n principal components of windows (m, n_features), for `threshold`, `normal` and
    other parts.
    """
    centre = learnt.mean(axis=0, dtype=np.float64)
    _, directions = np.linalg.eigh(np.cov((learnt - centre).T))  # by rising variance
    main = directions[:, -n:]

    def errors(values: NDArray[np.float32]) -> NDArray[np.float64]:
        about = values - centre
        squared: NDArray[np.float64] = np.square(about - about @ main @ main.T).mean(axis=1)
        return squared

    normal = errors(parts[NORMAL])
    auc = {}
    for label in parts.keys() - {NORMAL, "threshold"}:
        scores = np.concatenate((normal, errors(parts[label])))
        auc[label] = roc_auc(scores, np.arange(len(scores)) >= len(normal))
    return LinearBaseLine(reconstruction=float(errors(parts["threshold"]).mean()), auc=dict(sorted(auc.items())))


def centroid_choices(values: NDArray[np.int8], seed: int) -> tuple[CentroidChoice, ...]:
    """Return figures for numbers of centroids of windows (n, n_dimensions); empty if all windows are equal."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    rng = np.random.default_rng(seed)
    some = values[rng.permutation(len(values))[:_MOST_WINDOWS]].astype(np.float64)
    n_distinct, alone = len(np.unique(some, axis=0)), float(np.square(some - some.mean(axis=0)).sum())
    choices = []
    for n in _NUMBERS:
        if n < n_distinct:
            fitted = KMeans(n, n_init=1, random_state=seed).fit(some)
            silhouette = float(silhouette_score(some, fitted.labels_, sample_size=1000, random_state=seed))
            choices.append(CentroidChoice(n=n, spread=float(fitted.inertia_) / alone, silhouette=silhouette))
    return tuple(choices)


def best_number(choices: Sequence[CentroidChoice]) -> int:
    """Return the number with the best silhouette, the smallest of equals; 1 without any."""
    return max(choices, key=lambda choice: choice.silhouette).n if choices else 1
