"""Quarantine: tests that are known to fail, each with a reason, an owner and an expiry date.

    ceiling = 3                                     # maximum number of entries; default: 5

    [[test]]
    id = "test_models.py::test_rollback"            # file::test; without [parameters] all of them
    board = "desk-1"                                # default: every board
    reason = "the second slot is read too early"
    owner = "ada"
    expires = 2026-12-31

It excuses failed tests only: a rig fault in such a test still counts, and a pass fails the run, so that the entry is
removed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from tinyhost.hil.results import BoardResult, TestResult
from tinyhost.hil.test_ids import short_id
from tinyhost.system.toml_source import KeyPath, TomlSource, read_toml
from tinyhost.system.toml_tables import Table, nearest

__all__ = ["Entry", "Quarantine", "load_quarantine"]

DEFAULT_CEILING = 5
MAX_CEILING = 100


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One test in quarantine. board: None means every board. where: file:line."""

    test: str
    board: str | None
    reason: str
    owner: str
    expires: date
    where: str

    def covers(self, board: str, test: str) -> bool:
        """Return whether the entry covers a test, by pytest's id, on a board."""
        name = short_id(test)
        return self.board in (None, board) and self.test in (name, name.partition("[")[0])

    def __str__(self) -> str:
        return f"{self.reason} (owner {self.owner}, until {self.expires})"


@dataclass(frozen=True, kw_only=True)
class Quarantine:
    """The entries of a quarantine file."""

    entries: tuple[Entry, ...] = ()

    def judged(self, board: BoardResult) -> BoardResult:
        """Return a board's result with the quarantine applied."""
        return replace(board, tests=tuple(self._judged(board.board.name, test) for test in board.tests))

    def unmatched(self, boards: Sequence[BoardResult]) -> tuple[str, ...]:
        """Return the entries that match no test of any board, in words."""
        seen = [(board.board.name, test.test) for board in boards for test in board.tests]
        return tuple(
            f"{entry.where}: {entry.test}" + (f" on {entry.board}" if entry.board else "")
            for entry in self.entries
            if not any(entry.covers(board, test) for board, test in seen)
        )

    def _judged(self, board: str, test: TestResult) -> TestResult:
        entry = next((entry for entry in self.entries if entry.covers(board, test.test)), None)
        if entry is None:
            return test
        if test.outcome == "failed":
            return replace(test, outcome="quarantined", quarantine=str(entry))
        if test.outcome == "passed":
            text = f"it passes: remove it from the quarantine, {entry.where}\n{entry}"
            return replace(test, outcome="cured", text=text, quarantine=str(entry))
        return replace(test, quarantine=str(entry))


def load_quarantine(path: Path, boards: Sequence[str], today: date) -> Quarantine:
    """Return the quarantine of a file.

    boards: names in the rig. Raises ConfigError for any error in it, including an expired entry.
    """
    source = read_toml(path)
    top = Table(source, (), source.data, "quarantine")
    ceiling = round(top.positive("ceiling", DEFAULT_CEILING))
    tables = top.tables("test") if "test" in source.data else []
    top.finish()
    if ceiling > MAX_CEILING:
        raise source.error(("ceiling",), f"expected at most {MAX_CEILING}, got {ceiling:,}", hint="fix tests instead")
    if len(tables) > ceiling:
        raise source.error(
            ("test", ceiling),
            f"{len(tables)} tests in quarantine, and the ceiling is {ceiling}",
            hint="fix one of them, or remove its entry",
        )
    entries = tuple(_entry(source, where, values, boards, today) for where, values in tables)
    _refuse_twins(source, entries)
    return Quarantine(entries=entries)


def _entry(source: TomlSource, where: KeyPath, values: dict[str, Any], boards: Sequence[str], today: date) -> Entry:
    given = values.get("id")
    label = f'quarantine of "{given}"' if isinstance(given, str) and given.isprintable() else "quarantine"
    table = Table(source, where, values, label)
    test, board = table.text("id"), table.optional_text("board")
    reason, owner, expires = table.text("reason"), table.text("owner"), table.day("expires")
    table.finish()
    file, _, name = test.partition("::")
    if not file.endswith(".py") or "/" in file or not name:
        raise table.error("id", f'expected file.py::test, got "{test}"', hint='id = "test_link.py::test_a_range"')
    if board is not None and board not in boards:
        raise table.error("board", f'no board "{board}" in the rig', hint=nearest(board, boards))
    if expires < today:
        message = f"the entry has expired; {owner} is the owner, and the reason was: {reason}"
        raise table.error("expires", message, hint="fix the test and remove the entry, or agree on another day")
    return Entry(
        test=test, board=board, reason=reason, owner=owner, expires=expires,
        where=f"{source.path}:{source.line(where)}",
    )  # fmt: skip


def _refuse_twins(source: TomlSource, entries: tuple[Entry, ...]) -> None:
    """Raise for an entry whose test an earlier one covers."""
    for n, entry in enumerate(entries):
        for other in entries[:n]:
            same_board = None in (entry.board, other.board) or entry.board == other.board
            same_test = entry.test == other.test or other.test == _function(entry) or entry.test == _function(other)
            if same_board and same_test:
                raise source.error(
                    ("test", n), f'"{entry.test}" is in quarantine by {other.where}', hint="remove one of the two"
                )


def _function(entry: Entry) -> str:
    return entry.test.partition("[")[0]
