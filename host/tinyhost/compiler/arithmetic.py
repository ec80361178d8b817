"""fixed_point.py's MultiplyByQuantizedMultiplier, on arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["requantized"]

Int64s = NDArray[np.int64]


def requantized(values: Int64s, multiplier: int | NDArray[np.int64], shift: int | NDArray[np.int64]) -> Int64s:
    """Return values * multiplier / 2^31 * 2^shift, rounded twice as TFLM does; monotonic in the values.

    Only for values that 32 bits hold after the left shift.
    """
    left, right = np.maximum(shift, 0), np.maximum(-np.asarray(shift), 0)
    high = ((values << left) * multiplier + (1 << 30)) >> 31
    mask = (np.int64(1) << right) - 1
    return np.asarray((high >> right) + ((high & mask) > (mask >> 1) + (high < 0)), dtype=np.int64)
