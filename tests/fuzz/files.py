"""Parsers that read files, as functions of bytes."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

__all__ = ["reader", "scratch", "written"]

_MEMORY = Path("/dev/shm")


@cache
def scratch() -> Path:
    """Return a folder of this process, in memory where there is one."""
    folder = Path(tempfile.mkdtemp(prefix="tinyhost-fuzz-", dir=_MEMORY if _MEMORY.is_dir() else None))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def reader(name: str, read: Callable[[Path], object], *, subject: str = "") -> Callable[[bytes], object]:
    """Return `read` as a function of a file's content.

    name: of the file, in a folder of its own where it may have neighbours. subject: what `read` gets: another file of
    the folder, `.` for the folder; by default the file.
    """
    folder = scratch() / name.replace("/", "_")
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)

    def parse(data: bytes) -> object:
        path.write_bytes(data)
        return read(folder / (subject or name))

    return parse


def written(name: str, write: Callable[[Path], object]) -> bytes:
    """Return what `write` puts into a file."""
    path = scratch() / "written" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path)
    return path.read_bytes()
