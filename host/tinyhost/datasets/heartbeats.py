"""Heartbeats that nobody had, in the shape of ECG5000: a stand-in where the real ones cannot be downloaded.

A beat is a sum of bumps for P, Q, R, S and T (as in McSharry et al., 2003), standardized, 140 values long. Class 1 is
normal; 2 and 3 are premature beats from a ventricle (broad, without P, T turned over), 4 is an early one from above
(no P, narrow), 5 is noise upon whatever there is. They are easier to tell apart than the real ones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyhost.datasets.ucr import LabelledSeries, UcrSet

__all__ = ["LENGTH", "heartbeats"]

LENGTH = 140
_SHARES = (0.58, 0.35, 0.02, 0.04, 0.01)
"""of the classes 1 to 5, about as in ECG5000"""
_BUMPS: dict[int, tuple[tuple[float, float, float], ...]] = {  # place and width as shares of the beat, height
    1: ((0.20, 0.035, 0.25), (0.36, 0.010, -0.2), (0.40, 0.014, 1.6), (0.44, 0.012, -0.4), (0.70, 0.060, 0.5)),
    2: ((0.30, 0.050, 1.3), (0.42, 0.050, -0.7), (0.66, 0.080, -0.6)),
    3: ((0.44, 0.060, 1.4), (0.74, 0.070, -0.5)),
    4: ((0.30, 0.014, 1.3), (0.34, 0.012, -0.4), (0.56, 0.055, 0.45)),
}


def heartbeats(n_train: int = 500, n_test: int = 4500, *, seed: int = 1) -> UcrSet:
    """Return synthetic beats of ECG5000's size and classes; the same seed gives the same beats."""
    rng = np.random.default_rng(seed)
    return UcrSet(name="Heartbeats", train=_beats(rng, n_train), test=_beats(rng, n_test))


def _beats(rng: np.random.Generator, n: int) -> LabelledSeries:
    kinds = rng.choice(np.arange(1, 6), n, p=_SHARES)
    values = np.stack([_beat(rng, int(kind)) for kind in kinds])
    return LabelledSeries(values=values, labels=tuple(str(kind) for kind in kinds))


def _beat(rng: np.random.Generator, kind: int) -> NDArray[np.float32]:
    """Return one beat, (LENGTH,), of mean 0 and standard deviation 1."""
    time = np.linspace(0.0, 1.0, LENGTH)
    bumps = np.array(_BUMPS[kind if kind in _BUMPS else 1])
    place = bumps[:, 0] * rng.normal(1.0, 0.015) + rng.normal(0.0, 0.006, len(bumps))
    width = bumps[:, 1] * rng.normal(1.0, 0.06, len(bumps))
    height = bumps[:, 2] * rng.normal(1.0, 0.12, len(bumps))
    beat = (height * np.exp(-0.5 * np.square((time[:, None] - place) / width))).sum(axis=1)
    beat += rng.normal(0.0, 0.1) * (time - 0.5) + rng.normal(0.0, 0.02, LENGTH)
    if kind not in _BUMPS:
        beat += np.cumsum(rng.normal(0.0, 0.12, LENGTH))
    standardized: NDArray[np.float32] = ((beat - beat.mean()) / beat.std()).astype(np.float32)
    return standardized
