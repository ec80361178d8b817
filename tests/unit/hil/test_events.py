"""The event log, and the result that is folded from it."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st
from tinyhost.hil.board_run import BoardRun
from tinyhost.hil.events import EventLog, EventReader
from tinyhost.hil.junit import junit_xml
from tinyhost.hil.results import RigResult
from tinyhost.hil.rigs import RigBoard

BOARD = RigBoard(name="one", type="native", app="vww")


def rig_result(*runs: BoardRun) -> RigResult:
    boards = tuple(run.result(1.0) for run in runs)
    return RigResult(rig="r", rig_file="r.toml", started=datetime.now(timezone.utc), seconds=2.0, boards=boards)


def end(test: str, outcome: str = "passed", **more: object) -> dict[str, object]:
    return {"event": "end", "test": test, "outcome": outcome, "phase": "call", "seconds": 0.5, "text": "", **more}


def test_the_reader_takes_only_complete_lines(tmp_path: Path) -> None:
    log, reader = EventLog(tmp_path / "e.jsonl"), EventReader(tmp_path / "e.jsonl")
    assert reader.new_events() == []
    log.write("log", text="line\nwith \u2028 and \x00")
    assert reader.new_events() == [{"event": "log", "text": "line\nwith \u2028 and \x00"}]
    with (tmp_path / "e.jsonl").open("a") as file:
        file.write('{"event": "st')
        file.flush()
        assert reader.new_events() == []
        file.write('art", "test": "t"}\n')
    assert reader.new_events() == [{"event": "start", "test": "t"}]


def test_a_closed_log_takes_no_more(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "e.jsonl")
    log.close()
    log.write("log", text="late")
    assert (tmp_path / "e.jsonl").read_bytes() == b""


def test_a_board_passes_only_if_something_passed_and_nothing_went_wrong() -> None:
    for outcomes, passed in [
        (["passed"], True),
        (["passed", "not_applicable"], True),
        (["not_applicable"], False),
        ([], False),
        (["passed", "skipped"], False),
        (["passed", "failed"], False),
        (["passed", "rig"], False),
        (["passed", "build"], False),
        (["passed", "not_run"], False),
    ]:
        run = BoardRun(BOARD)
        run.feed(end(f"t{n}", outcome) for n, outcome in enumerate(outcomes))
        assert run.result(1.0).passed is passed, outcomes


def test_a_failed_teardown_takes_a_pass_back_and_the_first_failure_stays() -> None:
    run = BoardRun(BOARD)
    run.feed([end("a"), end("a", "rig", phase="teardown", text="gone"), end("b", "failed", text="1"), end("b", "rig")])
    assert [(test.outcome, test.text) for test in run.tests] == [("rig", "gone"), ("failed", "1")]


def test_a_run_that_breaks_names_the_test_it_broke_in_and_those_that_did_not_run() -> None:
    run = BoardRun(BOARD)
    run.feed(
        [{"event": "plan", "tests": ["a", "b", "c"], "not_applicable": [{"test": "n", "reason": "why"}], "titles": {}}]
    )
    run.feed([end("a"), {"event": "start", "test": "b"}])
    run.cut_short("rig", "killed\nand so on")
    result = run.result(1.0)
    assert [(test.test, test.outcome) for test in result.tests] == [
        ("a", "passed"), ("b", "rig"), ("c", "not_run"), ("n", "not_applicable"),
    ]  # fmt: skip
    assert rig_result(run).verdict() == "1 stopped by a rig fault on one; 1 did not run on one"


def test_junit_tells_whose_fault_it_is() -> None:
    run = BoardRun(BOARD)
    texts = {"failed": "def test():\nE   assert 1 == 2\n", "rig": "LinkLostError: gone"}
    outcomes = ["passed", "failed", "rig", "build", "skipped", "not_run", "not_applicable"]
    run.feed(end(f"hil/tests/test_x.py::{outcome}", outcome, text=texts.get(outcome, "why")) for outcome in outcomes)
    run.feed([{"event": "identity", "device": {"board": "native"}}])
    root = ET.fromstring(junit_xml(rig_result(run)))
    assert {key: root.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "7", "failures": "1", "errors": "4", "skipped": "1",
    }  # fmt: skip
    found = {
        case.get("name"): [(e.tag, e.get("type"), e.get("message")) for e in case] for case in root.iter("testcase")
    }
    assert found == {
        "passed": [],
        "failed": [("failure", "test", "assert 1 == 2")],
        "rig": [("error", "rig", "LinkLostError: gone")],
        "build": [("error", "build", "why")],
        "skipped": [("error", "skipped", "why")],
        "not_run": [("error", "not_run", "why")],
        "not_applicable": [("skipped", "not_applicable", "why")],
    }
    assert root.find(".//property[@name='device.board']").attrib["value"] == "native"  # type: ignore[union-attr]
    assert {case.get("classname") for case in root.iter("testcase")} == {"one.hil.tests.test_x"}


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=30))
def test_whatever_a_device_says_stays_text(said: str) -> None:
    run = BoardRun(BOARD)
    said += "]]><failure/>&amp;\x00\x1b[31m"
    run.feed(json.loads(json.dumps([{"event": "log", "text": said}, {"event": "identity", "device": {"app": said}}])))
    run.feed([{"event": "property", "test": said, "name": said, "value": said}, end(said, "failed", text=said)])
    root = ET.fromstring(junit_xml(rig_result(run)))
    assert [element.tag for element in root.iter("testcase")] == ["testcase"]
    assert len(list(root.iter("failure"))) == 1
    assert "<failure/>" in (root.findtext(".//failure") or "")
    assert "\x1b" not in (root.findtext(".//system-out") or "")
