"""Quarantine files: invalid ones are rejected before any board is touched."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tinyhost.errors import ConfigError
from tinyhost.hil.quarantine import Quarantine, load_quarantine
from tinyhost.hil.results import BoardResult, Outcome, TestResult
from tinyhost.hil.rigs import RigBoard

TODAY = date(2026, 11, 29)
ENTRY = {"id": '"test_a.py::test_x"', "reason": '"slow hub"', "owner": '"ada"', "expires": "2026-11-29"}


def entry(**changes: str | None) -> str:
    keys = {**ENTRY, **changes}
    return "[[test]]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items() if value is not None)


def quarantine(folder: Path, text: str) -> Quarantine:
    (folder / "q.toml").write_text(text)
    return load_quarantine(folder / "q.toml", ["desk-1", "m4"], TODAY)


def test_an_entry_holds_on_its_last_day(tmp_path: Path) -> None:
    quarantine(tmp_path, entry())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            entry(expires="2026-11-28"),
            r"q.toml:5: .*the entry has expired; ada is the owner, and .* slow hub",
        ),
        (entry(owner=None), r'q.toml:1: quarantine of "test_a.py::test_x": "owner" is missing'),
        (entry(owner='" "'), r'q.toml:4: .*expected a non-empty string, got " "'),
        (entry(reason=None), r'"reason" is missing'),
        (entry(expires=None), r'"expires" is missing'),
        (entry(expires='"2026-12-31"'), r'expected a day, got "2026-12-31"'),
        (entry(expires="2026-12-31T10:00:00"), r"expected a day, got datetime"),
        (entry(id='"test_x"'), r'expected file.py::test, got "test_x"'),
        (entry(board='"desk-2"'), r'no board "desk-2" in the rig'),
        (entry(until="3"), r"unknown key; expected one of id, board, reason, owner, expires"),
        ("ceiling = 1\n" + entry() + entry(id='"test_a.py::test_y"'), r"q.toml:7: 2 tests .* the ceiling is 1"),
        (entry() + entry(id='"test_a.py::test_x[3]"', board='"m4"'), r"is in quarantine by .*q.toml:1"),
        ("ceiling = 1000\n", r"q.toml:1: expected at most 100, got 1,000"),
    ],
)
def test_a_wrong_quarantine_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        quarantine(tmp_path, text)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [("failed", "quarantined"), ("passed", "cured"), ("rig", "rig"), ("build", "build"), ("skipped", "skipped")],
)
def test_quarantine_excuses_wrong_answers_only(tmp_path: Path, was: Outcome, becomes: Outcome) -> None:
    tests = tuple(TestResult(test=f"hil/tests/test_a.py::test_{name}", outcome=was) for name in ("x[1]", "y"))
    board = RigBoard(name="m4", type="m4", app="vww")
    result = BoardResult(board=board, tests=tests, identity={}, log_tail=(), seconds=1.0)
    judged = quarantine(tmp_path, entry(board='"m4"')).judged(result)
    assert [test.outcome for test in judged.tests] == [becomes, was]
    elsewhere = quarantine(tmp_path, entry(board='"desk-1"'))
    assert elsewhere.judged(result) == result
    assert elsewhere.unmatched([result]) == (f"{tmp_path}/q.toml:1: test_a.py::test_x on desk-1",)
