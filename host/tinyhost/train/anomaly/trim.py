"""Removal of outliers from normal windows before training: a few per cent of them may be faults."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["outlying"]

_KEPT = 0.9  # share assumed to be normal in each round
_N_ROUNDS = 10
_N_COMPONENTS = 3  # dimensions of the principal subspace
_LIMIT = 6.0  # limit for one window, in robust deviations of the log residual
_LASTING = 9  # windows, over which the deviations are averaged
_LASTING_LIMIT = 3.0  # limit for the average
_CLIP = 12.0


def outlying(features: NDArray[np.int16], piece_of: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which of (n, n_features) windows are outliers.

    piece_of: (n,) the stretch of a recording that a window is from; windows of a stretch are in the order of time. A
    principal subspace is fitted to the nine tenths that it explains best, again and again until they no longer change
    (the concentration steps of Rousseeuw and Van Driessen, 1999, here for PCA), so that rare windows do not affect it.
    A window is outlying if its logarithmic residual is 6 robust standard deviations (1.4826 times the median absolute
    deviation) above the median, or those of 9 windows in a row are 3 above it on average.
    """
    scaled = _standardized(features)
    kept = np.argsort(np.square(scaled).mean(axis=1), kind="stable")[: max(2, int(_KEPT * len(scaled)))]
    residual = np.zeros(len(scaled))
    for _ in range(_N_ROUNDS):
        residual = _residual(scaled, kept)
        better = np.argsort(residual, kind="stable")[: len(kept)]
        if np.array_equal(np.sort(better), np.sort(kept)):
            break
        kept = better
    score = np.log(residual + 1e-9)
    middle = np.median(score)
    deviation = 1.4826 * float(np.median(np.abs(score - middle)))
    above = (score - middle) / max(deviation, 1e-9)
    unlike: NDArray[np.bool_] = above > _LIMIT
    for piece in np.unique(piece_of):
        own = np.flatnonzero(piece_of == piece)
        if len(own) >= _LASTING:
            lasting = np.lib.stride_tricks.sliding_window_view(above[own], _LASTING).mean(axis=1) > _LASTING_LIMIT
            unlike[own] |= np.convolve(lasting, np.ones(_LASTING)) > 0
    return unlike


def _standardized(features: NDArray[np.int16]) -> NDArray[np.float64]:
    """Return features about their medians in robust standard deviations, clipped."""
    middle = np.median(features, axis=0)
    deviation = 1.4826 * np.median(np.abs(features - middle), axis=0)
    scaled: NDArray[np.float64] = np.clip((features - middle) / np.maximum(deviation, 1.0), -_CLIP, _CLIP)
    return scaled


def _residual(scaled: NDArray[np.float64], kept: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean squared distance of each window from the subspace that explains the kept ones best."""
    centre = scaled[kept].mean(axis=0)
    within = scaled[kept] - centre
    _, directions = np.linalg.eigh(within.T @ within)  # by rising variance
    main = directions[:, ::-1].T[:_N_COMPONENTS]
    about = scaled - centre
    rest = about - about @ main.T @ main
    squared: NDArray[np.float64] = np.square(rest).mean(axis=1)
    return squared
