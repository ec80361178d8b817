"""The values that the channels of a tensor can have, as intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Int64s", "ValueRange", "by_channel"]

Int64s: TypeAlias = NDArray[np.int64]


def by_channel(values: Int64s, n: int) -> Int64s:
    """Return one value per channel of a tensor of n channels; n is a multiple of what there are."""
    return np.tile(values, n // len(values))


@dataclass(frozen=True, kw_only=True)
class ValueRange:
    """Per channel (index of the last dimension) the least and the greatest quantized value that can occur."""

    low: Int64s
    high: Int64s

    @classmethod
    def full(cls, n: int) -> ValueRange:
        """Return the range of int8."""
        return cls(low=np.full(n, -128, np.int64), high=np.full(n, 127, np.int64))

    @classmethod
    def spanning(cls, items: Sequence[ValueRange], n: int) -> ValueRange:
        """Return n channels that each may have any value of any channel of `items`."""
        low = min(int(item.low.min()) for item in items)
        high = max(int(item.high.max()) for item in items)
        return cls(low=np.full(n, low, np.int64), high=np.full(n, high, np.int64))

    @property
    def n(self) -> int:
        """Channels."""
        return len(self.low)

    @property
    def constant(self) -> NDArray[np.bool_]:
        """Which channels have but one value."""
        return np.asarray(self.low == self.high)

    def clamped(self, low: int, high: int) -> ValueRange:
        """Return the range after a clamp."""
        return ValueRange(low=np.clip(self.low, low, high), high=np.clip(self.high, low, high))

    def including(self, value: int) -> ValueRange:
        """Return the range with one more value in every channel."""
        return ValueRange(low=np.minimum(self.low, value), high=np.maximum(self.high, value))
