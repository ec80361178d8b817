"""The spread of some counts."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Spread"]


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Least, median and most of some counts of ticks."""

    min: int
    median: int
    max: int

    @classmethod
    def of(cls, values: Sequence[int]) -> Spread:
        """Return the spread of at least one value; the median of an even number is rounded down."""
        return cls(min=min(values), median=int(statistics.median(values)), max=max(values))
