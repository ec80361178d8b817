"""JSON documents of the history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tinyhost.hil.history.store import PastRun
from tinyhost.hil.history.trends import TestTrend
from tinyhost.hil.results import Outcome, RigResult, reran

__all__ = ["HistoryDocument", "SoakDocument", "SoakRoundDocument"]


@dataclass(frozen=True, kw_only=True)
class HistoryDocument:
    """`tinyhost hil history --json FILE`."""

    schema: Literal["tinyhost.hil-history/1"] = "tinyhost.hil-history/1"
    file: str
    """the file with the history"""
    set_aside: str | None
    """where a damaged file was moved by this command; null if it was not"""
    runs: tuple[PastRun, ...]
    """oldest first"""
    tests: tuple[TestTrend, ...]
    """those that need a look first"""


@dataclass(frozen=True, kw_only=True)
class SoakRoundDocument:
    """One round of a soak."""

    started: str
    """UTC, ISO 8601"""
    seconds: float
    passed: bool
    verdict: str
    """the result in one line, for people"""
    counts: Mapping[Outcome, int]
    """tests, by outcome, over all boards"""
    n_rerun: int
    """tests that ended with a rig fault and differently when they were rerun"""

    @classmethod
    def of(cls, result: RigResult) -> SoakRoundDocument:
        """Return the document of one round."""
        return cls(
            started=result.started.isoformat(timespec="seconds"),
            seconds=round(result.seconds, 3),
            passed=result.passed,
            verdict=result.verdict(),
            counts=result.counts,
            n_rerun=len(reran(result)),
        )


@dataclass(frozen=True, kw_only=True)
class SoakDocument:
    """`tinyhost hil run --for TIME --json FILE`. Exits 1 unless every round passed."""

    schema: Literal["tinyhost.hil-soak/1"] = "tinyhost.hil-soak/1"
    rig: str
    """name of the rig"""
    started: str
    """UTC, ISO 8601"""
    seconds: float
    asked_seconds: float
    """no round starts after this time"""
    passed: bool
    """whether every round passed"""
    rounds: tuple[SoakRoundDocument, ...]
    tests: tuple[TestTrend, ...]
    """over the rounds; those that need a look first"""
