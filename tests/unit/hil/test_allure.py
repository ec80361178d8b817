"""Allure's result files of a rig run: one for each attempt, and only the product's faults are `failed`."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path

from tinyhost.hil.allure import write_allure
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
