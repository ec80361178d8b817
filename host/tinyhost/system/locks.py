"""File locks, held by one process; the system releases them when that process ends."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["FileLock", "locked"]

_POLL_S = 0.01


class FileLock:
    """A lock on a file. The file is created if missing; its content does not matter."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = -1

    def acquire(self, patience_s: float | None = 0.0) -> bool:
        """Return True if the lock was acquired, False after a timeout; None waits for ever.

        Raises OSError, which names the file, if the file cannot be opened.
        """
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        deadline = None if patience_s is None else time.monotonic() + patience_s
        try:
            while not _lock(fd):
                if deadline is not None and time.monotonic() >= deadline:
                    os.close(fd)
                    return False
                time.sleep(_POLL_S)
        except BaseException:
            os.close(fd)
            raise
        self._fd = fd
        return True

    def release(self) -> None:
        """Release the lock."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def is_held(self) -> bool:
        """Return True if any process has the lock."""
        if not self._path.exists():
            return False
        if not self.acquire(0.0):
            return True
        self.release()
        return False


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a file's lock in the block; waits until it is free. Raises as FileLock.acquire."""
    lock = FileLock(path)
    lock.acquire(patience_s=None)
    try:
        yield
    finally:
        lock.release()


def _lock(fd: int) -> bool:
    """Return whether the open file was locked without waiting."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
