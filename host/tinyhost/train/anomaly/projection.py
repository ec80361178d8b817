"""Projection of windows' embeddings onto a plane."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.errors import MissingToolError
from tinyhost.system.installation import add_package
from tinyhost.train.anomaly.config import Projection

__all__ = ["check_projection", "projected"]

_PERPLEXITY = 30.0


def check_projection(kind: Projection) -> None:
    """Raise MissingToolError if the package for it is not installed."""
    if kind == "umap" and importlib.util.find_spec("umap") is None:
        raise MissingToolError(
            "--latent umap needs the Python package umap-learn, which is not installed",
            hint=f"install it: {add_package('umap-learn')}; or use --latent tsne",
        )


def projected(
    kind: Projection, normal: NDArray[np.float64], shown: NDArray[np.float64], seed: int
) -> NDArray[np.float64]:
    """Return the projection of embeddings (n, n_embedding), (n, 2).

    pca: along the principal directions of all normal ones, in their units. tsne (van der Maaten and Hinton 2008) and
    umap (McInnes et al. 2018, arXiv:1802.03426) keep neighbours together; their axes and distances mean nothing.
    """
    if kind == "pca" or normal.shape[1] < 2:
        centre = normal.mean(axis=0)
        _, _, directions = np.linalg.svd(normal - centre, full_matrices=False)
        at = (shown - centre) @ directions[:2].T
        return np.column_stack((at, np.zeros((len(at), 2 - at.shape[1]))))
    method: Any
    if kind == "tsne":
        from sklearn.manifold import TSNE

        method = TSNE(perplexity=min(_PERPLEXITY, (len(shown) - 1) / 3), random_state=seed)
    else:
        method = importlib.import_module("umap").UMAP(random_state=seed)
    return np.asarray(method.fit_transform(shown), np.float64)
