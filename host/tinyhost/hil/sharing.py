"""Boards that are alike share the tests: each test is run once, by whichever board is free.

Each board's pytest goes through all tests in the same order and claims one by making a file of its own; a board whose
station breaks claims no more.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tinyhost.hil.events import EventLog

__all__ = ["SharedTests", "claim", "release"]


def claim(folder: Path, test: str) -> bool:
    """Return whether a test is ours now; False if another board has it."""
    try:
        os.close(os.open(_path(folder, test), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
    except FileExistsError:
        return False
    return True


def release(folder: Path, tests: Iterable[str]) -> None:
    """Let tests be claimed anew."""
    for test in tests:
        _path(folder, test).unlink(missing_ok=True)


def _path(folder: Path, test: str) -> Path:
    return folder / hashlib.sha256(test.encode()).hexdigest()[:32]


class SharedTests:
    """The pytest hooks of a board that shares tests."""

    def __init__(self, folder: Path, log: EventLog, broken: Callable[[], str]) -> None:
        """broken: says why the station cannot be used any more; "" if it can."""
        self._folder = folder
        self._log = log
        self._broken = broken
        self._left = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Run the test here unless another board has it, or this one left."""
        if not self._left and (why := self._broken()):
            self._left = True
            self._log.write("left", text=why)
        if self._left:
            return True
        if claim(self._folder, item.nodeid):
            return None
        self._log.write("elsewhere", test=item.nodeid)
        return True

    def pytest_sessionfinish(self) -> None:
        """Tell of a station that broke in the very last test, too."""
        if not self._left and (why := self._broken()):
            self._log.write("left", text=why)
