"""Reading of files named by a user: regular and bounded, or an error that says what they are instead."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tinyhost.errors import DatasetError, TinyhostError

__all__ = ["open_file", "read_file", "read_text"]

_OPEN_FLAGS = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


@contextmanager
def open_file(path: Path, *, max_bytes: int, error: type[TinyhostError] = DatasetError) -> Iterator[IO[bytes]]:
    """Yield a regular file of at most max_bytes, opened for reading.

    A pipe or a device is never waited for. Raises `error` if the file is missing, unreadable, larger or no file, and
    for a read that fails in the block.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | _OPEN_FLAGS)
        try:
            _check(path, os.fstat(descriptor), max_bytes, error)
            file = os.fdopen(descriptor, "rb")
        except BaseException:
            os.close(descriptor)
            raise
        with file:
            yield file
    except OSError as exc:
        raise error(f"{path}: {exc.strerror or exc}", hint="check the path and who may read it") from exc
    except ValueError as exc:
        if "\0" not in str(path):
            raise
        raise error(f"{str(path)!r}: a path cannot contain a zero byte", hint="check the path") from exc


def _check(path: Path, found: os.stat_result, max_bytes: int, error: type[TinyhostError]) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = _KINDS.get(stat.S_IFMT(found.st_mode), "no file")
        raise error(f"{path}: expected a file, got {kind}", hint="name a file that is stored on disk")
    if found.st_size > max_bytes:
        raise error(
            f"{path}: {found.st_size:,} bytes, expected at most {max_bytes:,}", hint="check that it is the right file"
        )


def read_file(path: Path, *, max_bytes: int, error: type[TinyhostError] = DatasetError) -> bytes:
    """Return all of a regular file; raises as `open_file`, also if the file grows beyond max_bytes meanwhile."""
    with open_file(path, max_bytes=max_bytes, error=error) as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise error(
            f"{path}: expected at most {max_bytes:,} bytes, but it is growing", hint="wait until it has been written"
        )
    return content


def read_text(path: Path, *, max_bytes: int, error: type[TinyhostError] = DatasetError) -> str:
    """Return all of a regular file as text: UTF-8, without a byte order mark. Raises as `read_file`."""
    try:
        return read_file(path, max_bytes=max_bytes, error=error).decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise error(
            f"{path}: expected text in UTF-8, got {exc.object[exc.start]:#04x} at byte {exc.start}",
            hint="save it as UTF-8",
        ) from exc
