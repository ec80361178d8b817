"""Requantization in two instructions: the numbers with which one rounding has the result of TFLM's two.

TFLM's output rises with the sum, so that it is known by the least sum of each output, and a line that passes between
the same sums is as good: (sum + shift of the bias) * multiplier / 2^32 + constant, rounded down, over 2^SCALED_SHIFT.
The slope must be within a few units of TFLM's; what the shift of the bias adds, modulo a whole constant, is as good as
any fraction. Where sums of both signs matter there is hardly ever such a line, as TFLM rounds halves away from zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.image_format import SCALED_SHIFT

__all__ = ["MAX_BIAS", "Scaling", "find_scaling"]

MAX_BIAS = 2**16
"""that is tried"""

_STEP = 1 << (32 + SCALED_SHIFT)
"""of an output, in 2^-32 of what is shifted"""
_FARTHEST_SLOPE = 3
_MAX_SCALED = 2**22
"""of a sum in units of 2^-SCALED_SHIFT outputs, so that its 256 fold and the constant's fit in 32 bits"""


@dataclass(frozen=True)
class Scaling:
    """The correction of the bias, the multiplier, and the constant."""

    bias: int
    multiplier: int
    constant: int


def _shifts_of_bias() -> Iterator[NDArray[np.int64]]:
    """Yield numbers to try, the least ones first."""
    done = 0
    for most in (2**9, 2**12, 2**14, MAX_BIAS + 1):
        rising = np.arange(done, most, dtype=np.int64)
        yield np.stack([rising, -rising], axis=1).reshape(-1)
        done = most


_SHIFTS = tuple(_shifts_of_bias())


@lru_cache(maxsize=1 << 14)
def find_scaling(
    multiplier: int, shift: int, *, zero_point: int, outputs: tuple[int, int], sums: tuple[int, int], max_bias: int
) -> Scaling | None:
    """Return constants that give TFLM's output for every sum in `sums`, clamped to `outputs`; None if none are found.

    multiplier, shift: TFLM's, of at least 2^30 and of -22 to -1. sums: least and greatest, at most 2^30 from 0.
    max_bias: what may be added to the bias.
    """
    outputs_above = np.arange(outputs[0] + 1, outputs[1] + 1, dtype=np.int64)
    least = _least_sums(multiplier, -shift, outputs_above - zero_point)
    is_reached, is_left_out = least <= sums[1], least > sums[0]  # by the greatest sum, by the least one
    too_large = max(-sums[0], sums[1]) * multiplier >> (31 - shift - SCALED_SHIFT) >= _MAX_SCALED
    if too_large or not (is_reached & is_left_out).any():
        return None
    least = np.clip(least, sums[0], sums[1] + 1)  # the line may not change outputs at the ends of the range, either
    nearest = (multiplier << (1 + SCALED_SHIFT)) >> -shift
    if nearest + _FARTHEST_SLOPE >= 2**31:
        return None
    for away in sorted(range(-_FARTHEST_SLOPE, _FARTHEST_SLOPE + 1), key=abs):
        slope = nearest + away
        above = outputs_above * _STEP - slope * least
        low = int(above[is_reached].max())
        high = int(above[is_left_out].min()) + slope  # the offset is in [low, high)
        if slope > 0 and low < high:
            found = _offset(slope, low, high, max_bias)
            if found is not None:
                return found
    return None


def _least_sums(multiplier: int, shift: int, outputs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the least sum of each output, zero point not included: both of TFLM's roundings undone."""
    half = 1 << (shift - 1)
    rounded = (outputs << shift) - half + (outputs <= 0)  # halves go away from zero
    return np.asarray(-((2**30 - (rounded << 31)) // multiplier), dtype=np.int64)


def _offset(slope: int, low: int, high: int, max_bias: int) -> Scaling | None:
    """Return numbers with slope * bias + 2^32 * constant in [low, high), and the least bias that is tried."""
    for biases in _SHIFTS:
        below = low - slope * biases
        constants = -(-below >> 32)
        fits = ((constants << 32) < below + (high - low)) & (np.abs(biases) <= max_bias)
        if fits.any():
            first = int(np.argmax(fits))
            return Scaling(int(biases[first]), slope, int(constants[first]))
    return None
