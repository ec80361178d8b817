"""Results of rig runs in an SQLite file, which several runs may write at once.

A damaged file is moved aside and reported; a file of a newer tinyhost, or of another program, is refused and left
unchanged.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import tinyhost
from tinyhost.errors import ConfigError
from tinyhost.hil.results import BoardResult, Outcome, RigResult
from tinyhost.system.locks import locked
from tinyhost.system.user_folders import state_folder

__all__ = ["Figure", "Filter", "HistoryStore", "PastRun", "PastTest", "history_path", "parse_figure"]

VERSION = 1
BUSY_S = 30.0
SCHEMA = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY, rig TEXT NOT NULL, rig_file TEXT NOT NULL, started TEXT NOT NULL, seconds REAL NOT NULL,
    passed INTEGER NOT NULL, verdict TEXT NOT NULL, soak TEXT NOT NULL, version TEXT NOT NULL
);
CREATE TABLE boards (
    run INTEGER NOT NULL REFERENCES runs (id), board TEXT NOT NULL, type TEXT NOT NULL, app TEXT NOT NULL,
    build_id TEXT NOT NULL, unique_id TEXT NOT NULL, seconds REAL NOT NULL, passed INTEGER NOT NULL,
    PRIMARY KEY (run, board)
) WITHOUT ROWID;
CREATE TABLE tests (
    run INTEGER NOT NULL REFERENCES runs (id), board TEXT NOT NULL, test TEXT NOT NULL, outcome TEXT NOT NULL,
    seconds REAL NOT NULL, n_attempts INTEGER NOT NULL, headline TEXT NOT NULL,
    PRIMARY KEY (run, board, test)
) WITHOUT ROWID;
CREATE TABLE figures (
    run INTEGER NOT NULL REFERENCES runs (id), board TEXT NOT NULL, test TEXT NOT NULL, name TEXT NOT NULL,
    value REAL NOT NULL, unit TEXT NOT NULL,
    PRIMARY KEY (run, board, test, name)
) WITHOUT ROWID;
CREATE INDEX runs_of_rig ON runs (rig, id);
"""
_TABLES = {"runs", "boards", "tests", "figures"}
_FIGURE = re.compile(r"([-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?)\s?([^\d]*)", re.IGNORECASE)
_MAX_TEXT = 500
_TESTS = """
SELECT t.run, r.started, t.board, b.type, b.build_id, t.test, t.outcome, t.seconds, t.n_attempts, t.headline
FROM tests t, runs r, boards b
WHERE r.id = t.run AND b.run = t.run AND b.board = t.board AND t.outcome != 'not_applicable'
"""
_FIGURES = """
SELECT t.run, t.board, t.test, t.name, t.value, t.unit FROM figures t, runs r WHERE r.id = t.run
"""


def history_path() -> Path:
    """Return the default path of the history."""
    return state_folder() / "hil" / "history.sqlite3"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number that a test recorded."""

    name: str
    value: float
    unit: str
    """empty if the name includes it"""


@dataclass(frozen=True, kw_only=True)
class PastTest:
    """The result of a test on a board in a run."""

    run: int
    started: str
    """of the run: UTC, ISO 8601"""
    board: str
    type: str
    build_id: str
    test: str
    outcome: Outcome
    seconds: float
    n_attempts: int
    """earlier attempts that ended with a rig fault"""
    headline: str
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PastRun:
    """A stored run."""

    id: int
    """number of the run, rising"""
    rig: str
    started: str
    """UTC, ISO 8601"""
    seconds: float
    passed: bool
    verdict: str


@dataclass(frozen=True, kw_only=True)
class Filter:
    """A selection of runs and tests; None or "" does not restrict. test: part of an id. n_runs: the last ones."""

    rig: str | None = None
    board: str | None = None
    test: str | None = None
    soak: str = ""
    n_runs: int = 50


class HistoryStore:
    """The history in one file. set_aside: where a damaged file was moved on opening, if there was one."""

    def __init__(self, path: Path) -> None:
        """Open or create the file. Raises ConfigError if that fails, or if it is another program's."""
        self.path = path
        self.set_aside: Path | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with locked(path.with_name(f"{path.name}.lock")):
                if path.exists() and not self._is_whole():
                    self.set_aside = self._move_away()
                self._create()
        except OSError as exc:
            raise ConfigError(f"{path}: not a history of runs: {exc}", hint="name another file with --history") from exc

    def add(self, result: RigResult, *, soak: str = "") -> int:
        """Store a run; return its number. soak: the soak that it is a round of. Raises ConfigError."""
        run = (
            result.rig, result.rig_file, result.started.isoformat(timespec="seconds"), result.seconds,
            result.passed, result.verdict(), soak, tinyhost.__version__,
        )  # fmt: skip
        with self._connected() as database, database:
            database.execute("BEGIN IMMEDIATE")
            number = database.execute(_insert("runs", 9), (None, *map(_stored, run))).lastrowid
            assert number is not None
            for board in result.boards:
                _add_board(database, number, board)
        return number

    def runs(self, which: Filter) -> list[PastRun]:
        """Return the selected runs, oldest first."""
        with self._connected() as database:
            rows = database.execute(
                "SELECT id, rig, started, seconds, passed, verdict FROM runs WHERE (?1 IS NULL OR rig = ?1)"
                " AND (?2 = '' OR soak = ?2) ORDER BY id DESC LIMIT ?3",
                (which.rig, which.soak, which.n_runs),
            ).fetchall()
        names = ("id", "rig", "started", "seconds", "passed", "verdict")
        found = [PastRun(**dict(zip(names, row, strict=True))) for row in reversed(rows)]
        return [replace(run, passed=bool(run.passed)) for run in found]

    def tests(self, which: Filter) -> list[PastTest]:
        """Return the results of tests in the selected runs, oldest run first, without those that do not apply."""
        runs = [run.id for run in self.runs(which)]
        if not runs:
            return []
        where = (
            "t.run BETWEEN ?1 AND ?2 AND (?3 IS NULL OR r.rig = ?3) AND (?4 = '' OR r.soak = ?4)"
            " AND (?5 IS NULL OR t.board = ?5) AND (?6 IS NULL OR instr(t.test, ?6) > 0)"
        )
        values = (runs[0], runs[-1], which.rig, which.soak, which.board, which.test)
        with self._connected() as database:
            figures: dict[tuple[int, str, str], list[Figure]] = {}
            for run, board, test, name, value, unit in database.execute(f"{_FIGURES} AND {where}", values):
                figures.setdefault((run, board, test), []).append(Figure(name=name, value=value, unit=unit))
            rows = database.execute(f"{_TESTS} AND {where} ORDER BY t.run", values).fetchall()
        names = (
            "run", "started", "board", "type", "build_id", "test", "outcome", "seconds", "n_attempts", "headline",
        )  # fmt: skip
        found = (PastTest(**dict(zip(names, row, strict=True))) for row in rows)
        return [replace(test, figures=tuple(figures.get((test.run, test.board, test.test), ()))) for test in found]

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection that waits for other writers. Raises ConfigError for errors of SQLite."""
        try:
            with closing(sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None)) as database:
                yield database
        except sqlite3.Error as exc:
            raise ConfigError(f"{self.path}: {exc}", hint="name another file with --history") from exc

    def _is_whole(self) -> bool:
        """Return whether the file is an intact history. Raises ConfigError if it is another program's."""
        try:
            with closing(sqlite3.connect(self.path, timeout=BUSY_S)) as database:
                (version,) = database.execute("PRAGMA user_version").fetchone()
                tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
                (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.OperationalError as exc:
            raise ConfigError(f"{self.path}: {exc}", hint="name another file with --history") from exc
        except sqlite3.DatabaseError:
            return False
        if version > VERSION or (not version and tables):
            what = f"a history of version {version}; this tinyhost knows {VERSION}" if version else "no history of ours"
            raise ConfigError(f"{self.path}: {what}", hint="name another file with --history, or update tinyhost")
        return verdict == "ok" and (not version or tables >= _TABLES)

    def _move_away(self) -> Path:
        stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S%fZ")
        target = self.path.with_name(f"{self.path.name}.damaged-{stamp}")
        for suffix in ("-wal", "-shm", ""):
            file = self.path.with_name(self.path.name + suffix)
            if file.exists():
                file.replace(target.with_name(target.name + suffix))
        return target

    def _create(self) -> None:
        with self._connected() as database:
            database.execute("PRAGMA journal_mode = WAL")
            if not database.execute("PRAGMA user_version").fetchone()[0]:
                database.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")


def _add_board(database: sqlite3.Connection, run: int, result: BoardResult) -> None:
    board, said = result.board, result.identity
    ids = (str(said.get("build_id", "")), str(said.get("unique_id", "")))
    row = (run, board.name, board.type, board.app, *ids, result.seconds, result.passed)
    database.execute(_insert("boards", len(row)), tuple(map(_stored, row)))
    for test in result.tests:
        ended = (run, board.name, test.test, test.outcome, test.seconds, len(test.attempts), test.headline)
        database.execute(_insert("tests", len(ended)), tuple(map(_stored, ended)))
        for name, text in test.properties.items():
            if figure := parse_figure(name, text):
                values = (run, board.name, test.test, figure.name, figure.value, figure.unit)
                database.execute(_insert("figures", len(values)), tuple(map(_stored, values)))


def parse_figure(name: str, text: str) -> Figure | None:
    """Parse a recorded text as a number with a unit; None if it is neither."""
    found = _FIGURE.fullmatch(text.strip())
    return Figure(name=name, value=float(found[1].replace(",", "")), unit=found[2].strip()) if found else None


def _insert(table: str, n_columns: int) -> str:
    return f"INSERT INTO {table} VALUES ({', '.join('?' * n_columns)})"  # noqa: S608 (names of ours)


def _stored(value: Any) -> Any:
    """Return a value for SQLite: text without lone surrogates, cut to a maximum length."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()[:_MAX_TEXT]
    return int(value) if isinstance(value, bool) else value
