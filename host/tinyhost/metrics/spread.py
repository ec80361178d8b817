"""The spread of some counts."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Spread"]

_CONFIDENCE = 0.95
_MANY = 500
"""number of values from which a binomial number is approximated as normal"""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Minimum, median and maximum of some counts of ticks."""

    min: int
    median: int
    max: int
    low: int
    """start of the median's 95 % interval, which ends at `high`; for fewer than 6 values, their minimum and maximum"""
    high: int

    @classmethod
    def of(cls, values: Sequence[int]) -> Spread:
        """Return the spread of at least one value; the median of an even number is rounded down."""
        ranked = sorted(values)
        left_out = _outside(len(ranked))
        return cls(
            min=ranked[0],
            median=int(statistics.median(ranked)),
            max=ranked[-1],
            low=ranked[left_out],
            high=ranked[-1 - left_out],
        )


def _outside(n: int) -> int:
    """Return how many of n values at either end lie outside of the median's 95 % confidence interval.

    By order statistics: the number of values below the median is binomial, whatever their distribution is.
    """
    if n > _MANY:
        return int(n / 2 - 0.98 * math.sqrt(n)) - 1
    tail = 0
    for left_out in range(n):
        tail += math.comb(n, left_out)
        if tail > (1 - _CONFIDENCE) / 2 * 2**n:
            return max(0, left_out - 1)
    return 0
