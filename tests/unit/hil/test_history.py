"""The history of runs: its contents, damaged and foreign files, and trends."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from tinyhost.errors import ConfigError
from tinyhost.hil.history.store import Figure, Filter, HistoryStore, parse_figure
from tinyhost.hil.history.trends import test_trends as trends_of
from tinyhost.hil.results import Attempt, BoardResult, Outcome, RigResult, TestResult
from tinyhost.hil.rigs import RigBoard
from tinyhost.metrics.intervals import wilson

from tests.commands import run_json, run_tinyhost

START = datetime(2026, 11, 29, tzinfo=timezone.utc)
PASSED: tuple[Outcome, ...] = ("passed",) * 200
BROKEN = Attempt(outcome="rig", phase="setup", seconds=0.1, text="LinkLostError: gone", board="b")


def run_of(
    *outcomes: Outcome, build: str = "1", rig: str = "r", n: int = 0, again: bool = False, value: str = "1,200 cycles"
) -> RigResult:
    tests = tuple(
        TestResult(
            test=f"hil/tests/test_a.py::test_{number}", outcome=outcome, seconds=1.5, text="E   wrong\ud800",
            properties={"one inference": value, "fault": "test"}, attempts=(BROKEN,) if again else (),
        )
        for number, outcome in enumerate(outcomes)
    )  # fmt: skip
    board = BoardResult(
        board=RigBoard(name="b", type="m4", app="vww"), tests=tests, log_tail=(), seconds=2.0,
        identity={"build_id": build, "unique_id": "u"},
    )  # fmt: skip
    return RigResult(rig=rig, rig_file="r.toml", started=START + timedelta(hours=n), seconds=3.0, boards=(board,))


def test_a_run_reads_back_as_it_was_kept(tmp_path: Path) -> None:
    store = HistoryStore(tmp_path / "deep/h.sqlite3")
    assert store.add(run_of("passed", "failed", "not_applicable", again=True)) == 1
    (run,) = store.runs(Filter())
    assert (run.rig, run.started, run.passed, run.verdict) == ("r", START.isoformat(), False, "1 failed on b")
    first, second = HistoryStore(store.path).tests(Filter())
    assert (first.test, first.outcome, first.seconds, first.n_attempts, first.build_id, first.type) == (
        "hil/tests/test_a.py::test_0", "passed", 1.5, 1, "1", "m4",
    )  # fmt: skip
    assert (second.outcome, second.headline) == ("failed", "wrong?")
    assert first.figures == (Figure(name="one inference", value=1200.0, unit="cycles"),)


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [("1,234", 1234.0, ""), ("0.25 %", 0.25, "%"), ("-3e2 ms", -300.0, "ms"), ("12 est. cycles", 12.0, "est. cycles")],
)
def test_a_recorded_number_is_a_figure(text: str, value: float, unit: str) -> None:
    assert parse_figure("x", text) == Figure(name="x", value=value, unit=unit)


@pytest.mark.parametrize("text", ["", "test", "98,304 bytes in 1.20 s", "3 of 4", "2026-11-29"])
def test_other_words_are_no_figure(text: str) -> None:
    assert parse_figure("x", text) is None


def test_what_is_asked_for_is_what_comes(tmp_path: Path) -> None:
    store = HistoryStore(tmp_path / "h")
    for n in range(4):
        store.add(run_of("passed", "passed", rig="ab"[n % 2], n=n), soak="s" if n > 1 else "")
    assert [run.id for run in store.runs(Filter(rig="a"))] == [1, 3]
    assert [run.id for run in store.runs(Filter(soak="s"))] == [3, 4]
    assert [run.id for run in store.runs(Filter(n_runs=3))] == [2, 3, 4]
    assert [test.run for test in store.tests(Filter(rig="b", test="test_1"))] == [2, 4]
    assert store.tests(Filter(board="other")) == []
    assert store.tests(Filter(rig="none")) == []


def test_two_runs_at_once_are_both_kept(tmp_path: Path) -> None:
    path = tmp_path / "h"
    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(lambda n: HistoryStore(path).add(run_of(*PASSED[:20], n=n)), range(12)))
    assert sorted(numbers) == list(range(1, 13))
    assert len(HistoryStore(path).tests(Filter())) == 240


def damage(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at : at + 2048] = b"\xa5" * len(data[at : at + 2048])
    path.write_bytes(data)


@pytest.mark.parametrize("how", ["no database", "header", "page", "cut short", "a table is gone"])
def test_a_damaged_history_is_reported_and_set_aside(tmp_path: Path, how: str) -> None:
    path = tmp_path / "h"
    HistoryStore(path).add(run_of(*PASSED))
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if how == "a table is gone":
            database.execute("DROP TABLE figures")
    if how == "no database":
        path.write_text("not a database, by any means " * 100)
    elif how == "header":
        damage(path, 0)
    elif how == "page":
        damage(path, 4096 * 2)
    elif how == "cut short":
        path.write_bytes(path.read_bytes()[:9000])
    damaged = path.read_bytes()
    store = HistoryStore(path)
    assert store.set_aside is not None
    assert store.set_aside.read_bytes() == damaged
    assert store.add(run_of("passed")) == 1
    assert HistoryStore(path).set_aside is None


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("PRAGMA user_version = 7", r"h: a history of version 7; this tinyhost knows 1"),
        ("PRAGMA user_version = 0", r"h: no history of ours"),
    ],
)
def test_a_newer_history_and_other_databases_are_left_as_they_are(tmp_path: Path, statement: str, message: str) -> None:
    path = tmp_path / "h"
    HistoryStore(path)
    with closing(sqlite3.connect(path)) as database:
        database.execute(statement)
    with pytest.raises(ConfigError, match=message):
        HistoryStore(path)
    assert path.exists() and not list(tmp_path.glob("*damaged*"))


@pytest.mark.parametrize(
    ("runs", "steadiness", "flips", "same"),
    [
        ("1p 1p 1p", "steady", 0, 0),
        ("1p 1f 1p", "flaky", 2, 2),
        ("1f 1f 2p 2p", "changed", 1, 0),
        ("1p 2f 2f", "failing", 1, 0),
        ("1r 1r", "unproven", 0, 0),
        ("1p 1r 1p", "steady", 0, 0),
    ],
)
def test_chance_and_change_are_told_apart(tmp_path: Path, runs: str, steadiness: str, flips: int, same: int) -> None:
    store = HistoryStore(tmp_path / "h")
    words: dict[str, Outcome] = {"p": "passed", "f": "failed", "r": "rig"}
    for n, word in enumerate(runs.split()):
        store.add(run_of(words[word[1]], build=word[0], n=n, value=f"{100 * (n + 1)} cycles"))
    (trend,) = trends_of(store.tests(Filter()))
    assert (trend.steadiness, trend.flips, trend.flips_same_build) == (steadiness, flips, same)
    answered = [word[1] for word in runs.split() if word[1] != "r"]
    assert (trend.n, trend.n_right, trend.n_rig) == (len(answered), answered.count("p"), runs.count("r"))
    assert trend.interval == wilson(answered.count("p"), len(answered))
    cycles = next(figure for figure in trend.figures if figure.name == "one inference")
    assert cycles.values == tuple(100.0 * (n + 1) for n in range(len(runs.split())))


def test_a_figure_that_drifts_is_reported_by_the_medians_of_its_halves(tmp_path: Path) -> None:
    store = HistoryStore(tmp_path / "h")
    for n, value in enumerate([100, 101, 99, 110, 112, 111]):
        store.add(run_of("passed", n=n, value=f"{value} cycles"))
    (trend,) = trends_of(store.tests(Filter()))
    assert [figure.change for figure in trend.figures] == [0.0, pytest.approx(0.11)]


def test_the_command_shows_what_needs_a_look_and_the_page_has_all(tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite3"
    store = HistoryStore(path)
    for n in range(3):
        store.add(run_of("passed", "passed" if n % 2 else "failed", n=n))
    done = run_tinyhost("hil", "history", "--history", path, "--html", tmp_path / "h.html")
    assert done.code == 0, done.err
    assert "test_a.py::test_1" in done.out and "test_a.py::test_0" not in done.out
    assert "x.x" in done.out and "3 runs, 1 passed; 1 of 2 tests steady" in done.out
    page = (tmp_path / "h.html").read_text()
    assert page.count("test_a.py::test_0") >= 2 and "<polyline" in page
    document = run_json("hil", "history", "--history", path, "--runs", "2")
    assert [run["id"] for run in document["runs"]] == [2, 3]
    assert [(test["steadiness"], test["n_right"], test["n"]) for test in document["tests"]] == [
        ("flaky", 1, 2), ("steady", 2, 2),
    ]  # fmt: skip
    path.write_bytes(b"x" * 5000)
    again = run_tinyhost("hil", "history", "--history", path)
    assert again.code == 0 and "was damaged; it is now" in again.err
