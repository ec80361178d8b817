"""Allure's and OpenHTF's files of a rig run: each attempt is there, and only the product's faults are failures."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from tinyhost.hil.allure import write_allure
from tinyhost.hil.openhtf import write_openhtf
from tinyhost.hil.results import Attempt, BoardResult, Outcome, RigResult, TestResult
from tinyhost.hil.rigs import RigBoard

STARTED = datetime(2026, 11, 20, tzinfo=timezone.utc)
OUTCOMES: tuple[tuple[Outcome, str], ...] = (
    ("passed", "passed"),
    ("failed", "failed"),
    ("cured", "failed"),
    ("rig", "broken"),
    ("build", "broken"),
    ("not_run", "broken"),
    ("skipped", "skipped"),
    ("quarantined", "skipped"),
    ("not_applicable", "skipped"),
)


def result_of(*tests: TestResult) -> RigResult:
    board = RigBoard(name="desk-1", type="native", app="vww")
    boards = (BoardResult(board=board, tests=tests, identity={}, log_tail=(), seconds=1),)
    return RigResult(rig="desk", rig_file="desk.toml", started=STARTED, seconds=1, boards=boards)


def written(folder: Path, result: RigResult) -> list[dict[str, object]]:
    write_allure(folder, result)
    found = [json.loads(path.read_text()) for path in folder.glob("*-result.json")]
    return sorted(found, key=lambda document: document["start"])


def test_each_outcome_has_its_status(tmp_path: Path) -> None:
    tests = [TestResult(test=f"a/f.py::{outcome}", outcome=outcome, seconds=2) for outcome, _ in OUTCOMES]
    found = written(tmp_path, result_of(*tests))
    assert [(each["name"], each["status"]) for each in found] == list(OUTCOMES)
    begin_ms = round(1000 * STARTED.timestamp())
    assert [(each["start"], each["stop"]) for each in found] == [
        (begin_ms + 2000 * n, begin_ms + 2000 * (n + 1)) for n in range(len(found))
    ]


def test_attempts_share_a_history_and_the_last_one_is_the_newest(tmp_path: Path) -> None:
    first = Attempt(outcome="rig", phase="call", seconds=1, text="no mark\ud800", board="desk-1")
    test = TestResult(test="f.py::t", outcome="passed", seconds=2, attempts=(first,), properties={"light": "7 lx"})
    found = written(tmp_path, result_of(test))
    assert [each["status"] for each in found] == ["broken", "passed"]
    assert found[0]["historyId"] == found[1]["historyId"]
    assert found[0]["uuid"] != found[1]["uuid"]
    assert {"name": "light", "value": "7 lx"} in found[1]["parameters"]  # type: ignore[operator]
    assert written(tmp_path, result_of(test)) == found, "writing a run again makes no second one of it"


PHASES = {"passed": "PASS", "failed": "FAIL", "cured": "FAIL", "rig": "ERROR", "build": "ERROR", "not_run": "ERROR"}


def record_of(folder: Path, *tests: TestResult) -> dict[str, Any]:
    write_openhtf(folder, result_of(*tests))
    (path,) = folder.glob("*.json")
    assert path.name == f"desk.desk-1.{round(1000 * STARTED.timestamp())}.json"
    return dict(json.loads(path.read_text()))


def test_each_outcome_has_its_phase_in_a_record_of_openhtf(tmp_path: Path) -> None:
    tests = [TestResult(test=f"a/f.py::{outcome}", outcome=outcome, seconds=2, text="E  no") for outcome, _ in OUTCOMES]
    record = record_of(tmp_path, *tests)
    assert [phase["outcome"] for phase in record["phases"]] == [PHASES.get(outcome, "SKIP") for outcome, _ in OUTCOMES]
    assert record["outcome"] == "FAIL", "the product's fault stands before the rig's"
    assert {"code": "rig", "description": "f.py::rig: no"} in record["outcome_details"]
    error = {"exc_type": "rig", "exc_val": "no", "exc_tb": "E  no"}
    assert record["phases"][3]["result"] == {"phase_result": error}
    assert record["phases"][1]["result"] == {"phase_result": "FAIL_AND_CONTINUE"}


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (["passed", "not_applicable"], "PASS"),
        (["passed", "rig"], "ERROR"),
        (["rig", "failed"], "FAIL"),
        (["not_applicable"], "FAIL"),
        (["passed", "skipped"], "FAIL"),
    ],
)
def test_a_record_of_openhtf_passes_as_its_board_does(tmp_path: Path, outcomes: list[Outcome], expected: str) -> None:
    tests = [TestResult(test=f"f.py::{n}", outcome=outcome) for n, outcome in enumerate(outcomes)]
    assert record_of(tmp_path, *tests)["outcome"] == expected


def test_a_record_has_the_keys_that_openhtf_writes_and_numbers_as_numbers(tmp_path: Path) -> None:
    first = Attempt(outcome="rig", phase="call", seconds=1, text="no mark\ud800", board="desk-1")
    properties = {"light": "1,007 lx", "lens": "wide open"}
    test = TestResult(test="f.py::t", outcome="passed", seconds=2, attempts=(first,), properties=properties)
    record = record_of(tmp_path, test)
    assert set(record) == {
        "dut_id",
        "start_time_millis",
        "end_time_millis",
        "outcome",
        "outcome_details",
        "marginal",
        "metadata",
        "phases",
        "subtests",
        "branches",
        "diagnosers",
        "diagnoses",
        "log_records",
        "station_id",
        "code_info",
    }  # as openhtf 1.6.3 wrote one
    assert [phase["outcome"] for phase in record["phases"]] == ["ERROR", "PASS"]
    for phase in record["phases"]:
        assert set(phase) == {
            "measurements",
            "options",
            "diagnosers",
            "subtest_name",
            "start_time_millis",
            "end_time_millis",
            "attachments",
            "diagnosis_results",
            "failure_diagnosis_results",
            "result",
            "outcome",
            "marginal",
            "descriptor_id",
            "name",
            "codeinfo",
        }
    measured = record["phases"][1]["measurements"]
    assert (measured["light"]["measured_value"], measured["lens"]["measured_value"]) == (1007, "wide open")
    assert record["phases"][1]["start_time_millis"] > record["phases"][0]["start_time_millis"]
