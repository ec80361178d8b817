"""Alarms in a long recording against the faults in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinyhost.sensors.annotations import Annotation

__all__ = ["NoticedFault", "judge_alarms"]


@dataclass(frozen=True, kw_only=True)
class NoticedFault:
    """A fault in a long recording, and the time of its alarm."""

    label: str
    start_s: float
    end_s: float
    delay_s: float | None
    """from the fault's start to the alarm; null if it was never detected"""


def judge_alarms(
    raised_s: Sequence[float], faults: Sequence[Annotation], *, tolerance_s: float
) -> tuple[tuple[NoticedFault, ...], tuple[float, ...]]:
    """Return each fault with its first alarm, and the times of false alarms.

    An alarm within a fault, or up to tolerance_s after it, belongs to the fault.
    """
    seen = []
    explained: set[float] = set()
    for fault in faults:
        own = [time_s for time_s in raised_s if fault.start_s <= time_s <= fault.end_s + tolerance_s]
        explained |= set(own)
        seen.append(
            NoticedFault(
                label=fault.label,
                start_s=fault.start_s,
                end_s=fault.end_s,
                delay_s=own[0] - fault.start_s if own else None,
            )
        )
    return tuple(seen), tuple(time_s for time_s in raised_s if time_s not in explained)
