"""Helpers of the sweeps of motion: rounding to a sensor's counts, rotation of the board."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["as_counts", "turn_about"]

_LIMITS = np.iinfo(np.int16)


def as_counts(samples: NDArray[Any]) -> NDArray[Any]:
    """Return samples rounded and saturated to int16, as a sensor gives them."""
    return np.asarray(np.rint(samples).clip(_LIMITS.min, _LIMITS.max))


def turn_about(axis: int, degrees: float) -> NDArray[np.float64]:
    """Return the rotation matrix about an axis (0 to 2), (3, 3)."""
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.roll(np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]]), (axis, axis), (0, 1))
