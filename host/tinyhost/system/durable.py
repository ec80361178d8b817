"""Atomic writes: files that are complete or absent, even after a crash or power loss."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

__all__ = ["TEMPORARY_SUFFIX", "LineFile", "append_line", "copy_file", "new_file", "write_atomically"]

TEMPORARY_SUFFIX = ".part"
"""Prefix of temporary files; a left-over one may be deleted."""
_KEPT_LETTERS = 40
"""characters of the file's name in that of its temporary one, as names have a maximum length"""


@contextmanager
def new_file(path: Path, *, sync: bool = True) -> Iterator[IO[bytes]]:
    """Yield a file to write that gets its name when the block succeeds, and is removed when it fails.

    sync: wait until content and name are on disk, so that a power loss does not undo it. Missing folders are created.
    Of several concurrent writers the last one wins. The target of a link is written; a device or a pipe is written
    directly. Raises OSError, which names the file, if it cannot be written.
    """
    target = path.resolve() if path.is_symlink() else path
    with _named(path):
        _make_folder(target.parent, sync=sync)
        if target.exists() and not target.is_file():
            with target.open("wb") as file:
                yield file
            return
        part = target.parent / f".{target.name[:_KEPT_LETTERS]}.{secrets.token_hex(4)}{TEMPORARY_SUFFIX}"
        try:
            with part.open("w+b") as file:
                yield file
                file.flush()
                if sync:
                    os.fsync(file.fileno())
            part.replace(target)
        except BaseException as exc:
            part.unlink(missing_ok=True)
            if isinstance(exc, OSError) and exc.filename == str(part):
                exc.filename, exc.filename2 = str(path), None
            raise
        if sync:
            _sync_folder(target.parent)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Add the file's name to an OSError of the block, which a failed write does not contain."""
    try:
        yield
    except OSError as exc:
        exc.filename = str(path) if exc.filename is None else exc.filename
        raise


class LineFile:
    """A text file that grows by flushed lines; an OSError names the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with _named(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("wb", buffering=0)

    def write(self, line: str) -> None:
        """Append a line, given with its newline."""
        with _named(self._path):
            data = memoryview(line.encode())
            while data:
                data = data[self._file.write(data) :]

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def append_line(path: Path, line: str) -> None:
    """Append a line to a file, which is created if missing, and wait until it is on disk."""
    with _named(path), path.open("ab", buffering=0) as file:
        file.write(line.encode() + b"\n")
        os.fsync(file.fileno())


def copy_file(source: Path, target: Path) -> None:
    """Copy a file atomically. Raises OSError, which names the file."""
    with source.open("rb") as content, new_file(target, sync=False) as file:
        shutil.copyfileobj(content, file)


def write_atomically(path: Path, data: bytes, *, sync: bool = True, mode: int | None = None) -> None:
    """Write a file atomically; see `new_file`. mode: its permissions."""
    with new_file(path, sync=sync) as file:
        file.write(data)
        if mode is not None:
            _set_mode(file.fileno(), mode)


def _make_folder(folder: Path, *, sync: bool) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent, sync=sync)
    folder.mkdir(exist_ok=True)
    if sync:
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on disk; Windows cannot open folders, but journals names."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _set_mode(fd: int, mode: int) -> None:
    """Set the permissions of an open file; Windows has none."""
    if sys.platform != "win32":
        os.fchmod(fd, mode)
