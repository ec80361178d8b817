"""Soak runs: a rig's tests, repeated until the time is over."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tinyhost.errors import UsageError
from tinyhost.hil.results import RigResult

__all__ = ["SoakRound", "keep_logs", "parse_duration", "soak_rounds"]

_UNITS_S = {"d": 86_400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)([dhms])")
MAX_S = 31 * 86_400.0
SHORT_ROUND_S = 30.0


def parse_duration(text: str) -> float:
    """Parse `8h`, `90m` or `1h30m` to seconds. Raises UsageError."""
    parts = _PART.findall(text)
    seconds = sum(float(number) * _UNITS_S[unit] for number, unit in parts)
    if "".join(number + unit for number, unit in parts) != text or not 0 < seconds <= MAX_S:
        raise UsageError(f"--for: expected a time up to 31d, got {text!r}", hint="for example 8h, 90m, 1h30m")
    return seconds


@dataclass(frozen=True, kw_only=True)
class SoakRound:
    """One round: its number from 1, and its results."""

    number: int
    result: RigResult


def soak_rounds(
    run: Callable[[], RigResult],
    seconds: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[SoakRound]:
    """Yield rounds until the time is over, at least one.

    A rig on which nothing works is tried twice a minute, not as fast as it fails. Ends with a round that was
    interrupted.
    """
    end, number = clock() + seconds, 0
    while number == 0 or clock() < end:
        number += 1
        result = run()
        yield SoakRound(number=number, result=result)
        if result.interrupted:
            return
        if not result.counts["passed"] and result.seconds < SHORT_ROUND_S:
            sleep(max(0.0, min(SHORT_ROUND_S - result.seconds, end - clock())))


def keep_logs(folder: Path, number: int, result: RigResult) -> None:
    """Save the event logs and pytest's output of a failed round before the next round replaces them."""
    for board in result.boards:
        logs = folder / board.board.name
        kept = folder / f"round-{number:04d}" / board.board.name
        for log in (*logs.glob("events*.jsonl"), *logs.glob("pytest*.txt")):
            kept.mkdir(parents=True, exist_ok=True)
            shutil.copy(log, kept / log.name)
