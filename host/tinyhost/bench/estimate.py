"""Estimate of an inference's time on the nRF52840, from its instructions on m4.

An estimate, never a measurement: docs/reference/performance.md has its method and its limits.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tinyhost.bench.result import Latency

__all__ = ["Estimate", "estimate_latency"]

_CLOCK_HZ = 64_000_000
_TABLE = Path(__file__).with_name("cycles.json")
_LEFT_OUT = 0.15
"""Added to the range of instruction timings: cache misses, bus contention, interrupts. An assumption, not measured."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Estimated time of one inference on a board that was not measured."""

    target: str
    """processor and clock frequency: `nRF52840 at 64 MHz`"""
    cycles: int
    ms: float
    error: float
    """relative error: the true time may be longer or shorter by this share of `ms`"""


@dataclass(frozen=True, kw_only=True)
class _CyclesPerInstruction:
    low: float
    likely: float
    high: float


@cache
def _table() -> dict[str, _CyclesPerInstruction]:
    rows = json.loads(_TABLE.read_text(encoding="utf-8"))["cycles_per_instruction"]
    return {kind: _CyclesPerInstruction(**row) for kind, row in rows.items()}


def estimate_latency(latency: Latency) -> Estimate | None:
    """Return the estimate for instructions counted on m4; None for other units, and without a profile."""
    if latency.unit != "instructions" or not latency.per_operator:
        return None
    table = _table()
    rest = _CyclesPerInstruction(
        low=min(row.low for row in table.values()),
        likely=sum(row.likely for row in table.values()) / len(table),
        high=max(row.high for row in table.values()),
    )
    rows = [(item.ticks, table.get(item.name, rest)) for item in latency.per_operator]
    rows.append((max(0, latency.invoke.median - sum(ticks for ticks, _ in rows)), rest))
    low = sum(ticks * row.low for ticks, row in rows)
    likely = sum(ticks * row.likely for ticks, row in rows)
    high = sum(ticks * row.high for ticks, row in rows)
    return Estimate(
        target="nRF52840 at 64 MHz",
        cycles=round(likely),
        ms=1000 * likely / _CLOCK_HZ,
        error=round(max(high / likely - 1, 1 - low / likely) + _LEFT_OUT, 2),
    )
