"""Files that are whole or absent, whatever kills the process or the power."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

__all__ = ["TEMPORARY_SUFFIX", "new_file", "write_atomically"]

TEMPORARY_SUFFIX = ".part"
"""Of hidden files that are being written; one that is left over may be deleted."""


@contextmanager
def new_file(path: Path, *, sync: bool = True) -> Iterator[IO[bytes]]:
    """Yield a file to write that gets its name when the block ends well, and is removed when it does not.

    sync: wait until content and name are on disk, so that a power loss does not undo it. Missing folders are made. Of
    several writers at once the last one wins.
    Raises OSError if the file cannot be written.
    """
    _make_folder(path.parent, sync=sync)
    part = path.parent / f".{path.name}.{secrets.token_hex(4)}{TEMPORARY_SUFFIX}"
    try:
        with part.open("w+b") as file:
            yield file
            file.flush()
            if sync:
                os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    if sync:
        _sync_folder(path.parent)


def write_atomically(path: Path, data: bytes, *, sync: bool = True, mode: int | None = None) -> None:
    """Write a file so that under its name there is all of it or nothing; see `new_file`. mode: who may do what."""
    with new_file(path, sync=sync) as file:
        file.write(data)
        if mode is not None:
            os.fchmod(file.fileno(), mode)


def _make_folder(folder: Path, *, sync: bool) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent, sync=sync)
    folder.mkdir(exist_ok=True)
    if sync:
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
