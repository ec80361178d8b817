"""Choice of an alarm threshold: from normal data alone, or from labelled anomalies and their costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost.errors import DatasetError
from tinyhost.metrics.classifier import average_precision, roc_auc

__all__ = ["Operating", "Roc", "Tail", "fit_tail", "operating_point", "roc_curve", "sustained"]

_TAIL_SHARE = 0.05  # share of the scores that the tail's distribution is fitted to
_MIN_TAIL = 20
_MAX_SHAPE = 0.5
_MAX_POINTS = 400  # points of a curve that is shown


def sustained(scores: NDArray[np.float64], piece_of: NDArray[np.int64], n_windows: int) -> NDArray[np.float64]:
    """Return the minimum of each n_windows consecutive scores within a piece: an alarm is raised if it is high."""
    held = []
    for piece in np.unique(piece_of):
        own = scores[piece_of == piece]
        if len(own) >= n_windows:
            held.append(np.lib.stride_tricks.sliding_window_view(own, n_windows).min(axis=1))
    return np.concatenate(held) if held else np.zeros(0)


@dataclass(frozen=True, kw_only=True)
class Tail:
    """The tail of the scores: a generalized Pareto distribution of their excess over `start`.

    P(score > x) = share * (1 + shape * (x - start) / scale)^(-1 / shape), exponential at shape 0.
    """

    start: float
    """score from which the distribution applies"""
    share: float
    """share of the scores above `start`"""
    scale: float
    shape: float
    """0: exponential"""
    n: int
    """number of scores"""
    highest: float

    def threshold(self, probability: float) -> float:
        """Return the score that is exceeded with this probability; below 1 / n it is an extrapolation."""
        ratio = self.share / probability
        if ratio <= 1.0:
            return self.start
        steps = float(np.log(ratio)) if self.shape < 1e-6 else (ratio**self.shape - 1.0) / self.shape
        return self.start + self.scale * steps


def fit_tail(scores: NDArray[np.float64]) -> Tail:
    """Return the tail's distribution, fitted to the highest 5 % of (n,) scores.

    By probability-weighted moments (Hosking and Wallis, 1987); the shape is limited to 0..0.5, so that no upper bound
    of normal scores is assumed. Raises DatasetError for fewer than 21 scores.
    """
    n_tail = max(_MIN_TAIL, int(_TAIL_SHARE * len(scores)))
    if n_tail >= len(scores):
        raise DatasetError(
            f"normal: {len(scores)} scores to choose a threshold from, expected more than {n_tail}",
            hint="record more of the healthy machine",
        )
    ordered = np.sort(scores)
    start = float(ordered[-n_tail - 1])
    excess = ordered[-n_tail:] - start
    mean = float(excess.mean())
    weighted = float((excess * (n_tail - 1.0 - np.arange(n_tail)) / (n_tail - 1.0)).mean())
    spread = mean - 2.0 * weighted
    shape = 2.0 - mean / spread if spread > 0.0 else 0.0
    shape = float(np.clip(shape, 0.0, _MAX_SHAPE))
    return Tail(
        start=start,
        share=n_tail / len(scores),
        scale=max(mean * (1.0 - shape), 1e-6),
        shape=shape,
        n=len(scores),
        highest=float(ordered[-1]),
    )


@dataclass(frozen=True, kw_only=True)
class Operating:
    """The rates of a threshold on labelled windows."""

    threshold: float
    recall: float
    """share of the anomalous windows that are high"""
    false_rate: float
    """share of the normal windows that are high"""
    precision: float | None
    """share of the high windows that are anomalous, for the proportions of these data; None without a high window"""
    f1: float
    """harmonic mean of precision and recall"""


def operating_point(normal: NDArray[np.float64], anomalous: NDArray[np.float64], threshold: float) -> Operating:
    """Return a threshold's rates on the scores of normal and of anomalous windows; scores of at least the threshold are
    high.
    """
    n_false, n_right = int((normal >= threshold).sum()), int((anomalous >= threshold).sum())
    return Operating(
        threshold=threshold,
        recall=n_right / len(anomalous),
        false_rate=n_false / len(normal),
        precision=n_right / (n_right + n_false) if n_right + n_false else None,
        f1=2 * n_right / (n_right + n_false + len(anomalous)),
    )


@dataclass(frozen=True, kw_only=True)
class Roc:
    """The ROC curve of single windows: true against false alarms over all thresholds."""

    auc: float
    average_precision: float
    points: tuple[tuple[float, float, float], ...]
    """threshold, false rate, recall; thinned"""
    knee: Operating
    """the point with the largest recall minus false rate (Youden's index)"""
    cheapest: Operating
    """the point with the lowest expected cost"""


def roc_curve(
    normal: NDArray[np.float64],
    anomalous: NDArray[np.float64],
    *,
    miss_cost: float,
    alarm_cost: float,
    fault_share: float,
) -> Roc:
    """Return the ROC curve of the scores of normal and anomalous windows, with the usual operating points.

    A window costs fault_share * miss_cost * (1 - recall) + (1 - fault_share) * alarm_cost * false_rate.
    """
    scores = np.concatenate([normal, anomalous])
    is_anomalous = np.arange(len(scores)) >= len(normal)
    # The lowest threshold makes every window high, the last one none.
    thresholds = np.append(np.unique(scores), scores.max() + 1.0)
    false_rates = 1.0 - np.searchsorted(np.sort(normal), thresholds, side="left") / len(normal)
    recalls = 1.0 - np.searchsorted(np.sort(anomalous), thresholds, side="left") / len(anomalous)
    cost = fault_share * miss_cost * (1.0 - recalls) + (1.0 - fault_share) * alarm_cost * false_rates
    shown = np.unique(np.linspace(0, len(thresholds) - 1, _MAX_POINTS).astype(int))
    return Roc(
        auc=roc_auc(scores, is_anomalous),
        average_precision=average_precision(scores, is_anomalous),
        points=tuple((float(thresholds[i]), float(false_rates[i]), float(recalls[i])) for i in shown),
        knee=operating_point(normal, anomalous, float(thresholds[np.argmax(recalls - false_rates)])),
        cheapest=operating_point(normal, anomalous, float(thresholds[np.argmin(cost)])),
    )
