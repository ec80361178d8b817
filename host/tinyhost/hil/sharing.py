"""Boards of the same kind share the tests: each test is run once, by a free board.

Each board's pytest goes through all tests in the same order and claims one by creating a file; a board with a broken
station claims no more.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from tinyhost.hil.events import EventLog
from tinyhost.hil.qualification.plugin import QUALIFICATION

__all__ = ["SharedTests", "claim", "release"]


def claim(folder: Path, test: str) -> bool:
    """Claim a test; return False if another board has it."""
    try:
        os.close(os.open(_path(folder, test), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
    except FileExistsError:
        return False
    return True


def release(folder: Path, tests: Iterable[str]) -> None:
    """Release the claims of tests."""
    for test in tests:
        _path(folder, test).unlink(missing_ok=True)


def _path(folder: Path, test: str) -> Path:
    return folder / hashlib.sha256(test.encode()).hexdigest()[:32]


def _is_for_each(item: pytest.Item) -> bool:
    """Return whether every board runs the test: it qualifies the board's part of the rig."""
    return item.nodeid.partition("::")[0] == QUALIFICATION


class SharedTests:
    """The pytest hooks of a board that shares tests."""

    def __init__(self, folder: Path, log: EventLog, broken: Callable[[], str]) -> None:
        """broken: returns why the station cannot be used any more; "" if it can."""
        self._folder = folder
        self._log = log
        self._broken = broken

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Run the tests that no other board has claimed, each claimed while the last one runs.

        pytest must know the next one, to keep the fixtures of both.
        """
        if session.testsfailed or session.config.option.collectonly:
            return None  # pytest's own loop reports files that could not be collected
        items = iter(session.items)
        item = self._next(items)
        while item is not None:
            following = self._next(items)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.shouldfail or session.shouldstop:
                raise session.Interrupted(session.shouldfail or session.shouldstop)
            if why := self._broken():
                self._log.write("left", text=why)
                release(self._folder, [following.nodeid] if following else [])
                return True
            item = following
        return True

    def _next(self, items: Iterator[pytest.Item]) -> pytest.Item | None:
        for item in items:
            if _is_for_each(item) or claim(self._folder, item.nodeid):
                return item
            self._log.write("elsewhere", test=item.nodeid)
        return None
