"""The report of a hardware-in-the-loop run: a matrix of tests and boards, and all failures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tinyhost.hil.results import (
    BAD_OUTCOMES,
    OUTCOME_WORDS,
    BoardResult,
    RigResult,
    TestResult,
    find_problems,
    headline,
    reran,
)
from tinyhost.report.render import render

__all__ = ["hil_report"]

_MARKS = {"passed": "✓", "failed": "✗", "cured": "✗", "quarantined": "q", "not_applicable": "–"}
_KINDS = {
    "passed": "good",
    "failed": "bad",
    "cured": "bad",
    "quarantined": "none",
    "not_applicable": "none",
}  # other outcomes concern the bench: warn
_FIELDS = {
    "app": "app", "firmware_version": "firmware", "build_id": "build", "engine": "engine", "board": "type",
    "revision": "revision", "unique_id": "unique id", "tick_unit": "ticks are", "arena_bytes": "arena, bytes",
    "slot_bytes": "slot, bytes", "n_slots": "slots", "max_request_bytes": "largest request, bytes",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Cell:
    """One cell of the matrix: a test on a board; `anchor` links to its failure."""

    kind: str
    mark: str
    words: str
    time: str = ""
    anchor: str = ""


@dataclass(frozen=True, kw_only=True)
class _Row:
    """One row of the matrix: a test on all boards."""

    file: str
    name: str
    test: str
    cells: tuple[_Cell, ...]


def hil_report(result: RigResult) -> str:
    """Return the HTML of a rig run's report. Text from devices is escaped."""
    rows = _rows(result)
    titles = {file: title for board in result.boards for file, title in board.titles.items()}
    when = result.started.strftime("%Y-%m-%d %H:%M UTC")
    return render(
        "hil.html",
        title=f"Rig {result.rig}",
        subtitle=f"Hardware-in-the-loop run of {when}, {_time(result.seconds)}: {result.rig_file}",
        result=result,
        verdict=result.verdict(),
        rows=rows,
        files={row.file: titles.get(row.file) or row.file.rpartition("/")[2] for row in rows},
        measured=_measured(result),
        problems=find_problems(result),
        reran=reran(result),
        headline=headline,
        quarantined=[(board, test) for board in result.boards for test in board.tests if test.quarantine],
        kinds=_KINDS,
        short_words=_words,
        anchor=_anchor,
        not_applicable=list(_not_applicable(result)),
        identities=[_identity(board) for board in result.boards],
        time=_time,
        words=OUTCOME_WORDS,
    )


def _rows(result: RigResult) -> list[_Row]:
    """Return one row per test of any board, in the order of the boards' plans, grouped by file."""
    by_board = [{test.test: test for test in board.tests} for board in result.boards]
    names = dict.fromkeys(name for tests in by_board for name in tests)
    rows = []
    for name in names:
        file, _, function = name.rpartition("::")
        cells = tuple(_cell(board, tests.get(name)) for board, tests in zip(result.boards, by_board, strict=True))
        rows.append(_Row(file=file, name=_sentence(function), test=name, cells=cells))
    return sorted(rows, key=lambda row: row.file)


def _cell(board: BoardResult, test: TestResult | None) -> _Cell:
    if test is None:
        return _Cell(kind="none", mark="", words="not among this board's tests")
    kind = _KINDS.get(test.outcome, "warn")
    mark = _MARKS.get(test.outcome, "!")
    time = _time(test.seconds) if test.outcome in {"passed", "failed"} else _words(test)
    anchor = _anchor(board.board.name, test.test) if test.outcome in BAD_OUTCOMES else ""
    return _Cell(kind=kind, mark=mark, words=test.headline or OUTCOME_WORDS[test.outcome], time=time, anchor=anchor)


def _words(test: TestResult) -> str:
    short = {
        "rig": "rig fault",
        "build": "no build",
        "skipped": "skipped",
        "not_run": "did not run",
        "failed": "failed",
        "cured": "cured",
        "quarantined": "quarantined",
    }
    return short.get(test.outcome, "n/a")


def _measured(result: RigResult) -> dict[str, list[str]]:
    """Return the properties recorded by tests, by name: one value per board, in the boards' order."""
    found: dict[str, list[str]] = {}
    for column, board in enumerate(result.boards):
        for test in board.tests:
            for name, value in test.properties.items():
                if name != "fault":
                    found.setdefault(name, [""] * len(result.boards))[column] = value
    return found


def _not_applicable(result: RigResult) -> Iterator[tuple[str, str]]:
    """Yield (test, reason) once per test, with the reasons of all boards."""
    reasons: dict[str, list[str]] = {}
    for board in result.boards:
        for test in board.tests:
            if test.outcome == "not_applicable":
                reasons.setdefault(test.test, []).append(test.text)
    for name, found in reasons.items():
        yield _sentence(name.rpartition("::")[2]), "; ".join(found)


def _identity(board: BoardResult) -> list[tuple[str, str]]:
    """Return the board's identity from its INFO reply, with readable names."""
    return [(name, str(board.identity[field])) for field, name in _FIELDS.items() if board.identity.get(field)]


def _sentence(function: str) -> str:
    """Return a test function's name as words: test_push_resumes[3] -> push resumes [3]."""
    name, bracket, parameters = function.partition("[")
    return name.removeprefix("test_").replace("_", " ") + (f" [{parameters}" if bracket else "")


def _anchor(board: str, test: str) -> str:
    return "bad-" + "".join(char if char.isalnum() else "-" for char in f"{board}-{test}")


def _time(seconds: float) -> str:
    """Return a time in words: 4 ms, 1.3 s, 2 min 5 s."""
    if seconds < 0.0005:
        return "<1 ms"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
