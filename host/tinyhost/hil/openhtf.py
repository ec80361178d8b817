"""A rig run as OpenHTF's test records: one JSON file a board, as its OutputToJSON writes them, a phase for each test.

OpenHTF's FAIL is a fault of the product; ERROR is everything else: rig, build, and tests that did not run. The keys are
those of core/test_record.py in openhtf 1.6.3.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tinyhost.hil.history.store import parse_figure
from tinyhost.hil.results import BAD_OUTCOMES, BoardResult, Outcome, RigResult, TestResult
from tinyhost.hil.test_ids import short_id
from tinyhost.system.durable import write_atomically

__all__ = ["openhtf_records", "write_openhtf"]

_PHASE: Mapping[Outcome, tuple[str, str]] = {
    "passed": ("PASS", "CONTINUE"),
    "failed": ("FAIL", "FAIL_AND_CONTINUE"),
    "cured": ("FAIL", "FAIL_AND_CONTINUE"),
    "rig": ("ERROR", ""),
    "build": ("ERROR", ""),
    "not_run": ("ERROR", ""),
    "skipped": ("SKIP", "SKIP"),
    "quarantined": ("SKIP", "SKIP"),
    "not_applicable": ("SKIP", "SKIP"),
}
_NO_CODE = {"name": "", "docstring": None, "sourcecode": ""}


def write_openhtf(folder: Path, result: RigResult) -> None:
    """Write a record for each board. Raises OSError."""
    for record in openhtf_records(result):
        name = f"{record['metadata']['test_name']}.{record['station_id']}.{record['start_time_millis']}.json"
        content = json.dumps(record, indent=1, ensure_ascii=True) + "\n"
        write_atomically(folder / name, content.encode(), sync=False)


def openhtf_records(result: RigResult) -> Iterator[dict[str, Any]]:
    """Yield the records. dut_id is the board's own number, station_id its name in the rig."""
    for board in result.boards:
        attempts = list(board.attempts_from(result.started))
        bad = [test for test in board.tests if test.outcome in BAD_OUTCOMES]
        begin_ms = round(1000 * result.started.timestamp())
        yield {
            "dut_id": str(board.identity.get("unique_id") or board.board.spec),
            "start_time_millis": begin_ms,
            "end_time_millis": begin_ms + round(1000 * board.seconds),
            "outcome": _outcome(board, bad, result.interrupted),
            "outcome_details": [
                {"code": test.outcome, "description": f"{short_id(test.test)}: {test.headline}"} for test in bad
            ],
            "marginal": None,
            "metadata": {
                "test_name": result.rig,
                "rig_file": result.rig_file,
                "board": board.board.spec,
                "app": board.board.app,
                "firmware": str(board.identity.get("build_id", "")),
                "config": {},
            },
            "phases": [_phase(test, begin_s, n) for test, begin_s, n in attempts],
            "subtests": [],
            "branches": [],
            "diagnosers": [],
            "diagnoses": [],
            "log_records": [],
            "station_id": board.board.name,
            "code_info": _NO_CODE,
        }


def _outcome(board: BoardResult, bad: list[TestResult], interrupted: bool) -> str:
    if any(test.outcome in ("failed", "cured") for test in bad):
        return "FAIL"
    if interrupted:
        return "ABORTED"
    if any(_PHASE[test.outcome][0] == "ERROR" for test in bad):
        return "ERROR"
    return "FAIL" if bad or not board.counts["passed"] else "PASS"


def _phase(test: TestResult, begin_s: float, attempt: int) -> dict[str, Any]:
    outcome, told = _PHASE[test.outcome]
    error = {"exc_type": test.outcome, "exc_val": test.headline, "exc_tb": test.text}
    return {
        "measurements": {name: _measurement(name, value) for name, value in test.properties.items()},
        "options": None,
        "diagnosers": [],
        "subtest_name": None,
        "start_time_millis": round(1000 * begin_s),
        "end_time_millis": round(1000 * (begin_s + test.seconds)),
        "attachments": {},
        "diagnosis_results": [],
        "failure_diagnosis_results": [],
        "result": {"phase_result": told or error},
        "outcome": outcome,
        "marginal": None,
        "descriptor_id": zlib.crc32(test.test.encode()),
        "name": f"{short_id(test.test)} (attempt {attempt + 1})" if attempt else short_id(test.test),
        "codeinfo": {"name": test.test, "docstring": test.text or None, "sourcecode": ""},
    }


def _measurement(name: str, value: str) -> dict[str, Any]:
    """Return a recorded property as a measurement, a number if it is one. It passes, as it has no limits."""
    figure = parse_figure(name, value)
    return {"name": name, "outcome": "PASS", "docstring": value, "measured_value": figure.value if figure else value}
