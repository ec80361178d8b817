"""JSON documents of a rig run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, cast

from tinyhost.bench.document import BenchDocument
from tinyhost.hil.results import BoardResult, Outcome, RigResult, TestResult, reran

__all__ = ["RigBoardDocument", "RigDocument"]


@dataclass(frozen=True, kw_only=True)
class RigBoardDocument:
    """All tests on one board."""

    name: str
    """name in the rig file"""
    type: str
    """`native`, `m4`, `nano33emu`, `nano33ble`"""
    serial: str | None
    """serial number of a real board, as in the rig file"""
    passed: bool
    """whether tests ran, none failed, and the board was available to the end"""
    left: str
    """why a board that shares tests was lost for good; empty if it was not"""
    seconds: float
    counts: Mapping[Outcome, int]
    """tests, by outcome"""
    device: Mapping[str, str | int | float | tuple[int, ...]]
    """the fields of the board's INFO reply; empty if it never answered"""
    bench: BenchDocument | None
    """the benchmark's result, as in `tinyhost bench --json`; null unless the rig file has `bench`"""
    tests: tuple[TestResult, ...]

    @classmethod
    def of(cls, result: BoardResult) -> RigBoardDocument:
        """Return the document of one board."""
        return cls(
            name=result.board.name,
            type=result.board.type,
            serial=result.board.serial,
            passed=result.passed,
            left=result.left,
            seconds=round(result.seconds, 3),
            counts=result.counts,
            device=result.identity,
            bench=cast("BenchDocument | None", result.bench),  # as JSON, from the event log
            tests=tuple(replace(test, seconds=round(test.seconds, 4)) for test in result.tests),
        )


@dataclass(frozen=True, kw_only=True)
class RigDocument:
    """`tinyhost hil run --json FILE`. Exits 1 unless every board passed."""

    schema: Literal["tinyhost.hil/1"] = "tinyhost.hil/1"
    rig: str
    """name of the rig"""
    rig_file: str
    started: str
    """UTC, ISO 8601"""
    seconds: float
    passed: bool
    """whether every board passed, the run was not interrupted, and all quarantine entries match tests"""
    verdict: str
    """the result in one line, for people"""
    counts: Mapping[Outcome, int]
    """tests, by outcome, over all boards"""
    n_rerun: int
    """tests that ended with a rig fault and differently when they were rerun: `boards[].tests[].attempts`"""
    unmatched_quarantine: tuple[str, ...]
    """quarantine entries that match no test of this run, which fails because of them"""
    boards: tuple[RigBoardDocument, ...]

    @classmethod
    def of(cls, result: RigResult) -> RigDocument:
        """Return the document of a run."""
        return cls(
            rig=result.rig,
            rig_file=result.rig_file,
            started=result.started.isoformat(),
            seconds=round(result.seconds, 3),
            passed=result.passed,
            verdict=result.verdict(),
            counts=result.counts,
            n_rerun=len(reran(result)),
            unmatched_quarantine=result.unmatched,
            boards=tuple(map(RigBoardDocument.of, result.boards)),
        )
