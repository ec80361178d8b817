"""The processes that hold a port, from /proc; empty on systems without /proc."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Holder", "port_holders"]

_PROC = Path("/proc")


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """A process that holds a port."""

    pid: int
    program: str

    def __str__(self) -> str:
        return f"{self.program} (pid {self.pid})"


def port_holders(port: str) -> list[Holder]:
    """Return the processes that have locked `port`, else those that have it open.

    A virtual board's own firmware keeps its pty open, so locks come first.
    """
    try:
        status = Path(port).stat()
    except OSError:
        return []
    pids = set(_lock_pids(status)) or set(_open_pids(os.path.realpath(port)))
    return [Holder(pid=pid, program=_program(pid)) for pid in sorted(pids)]


def _lock_pids(status: os.stat_result) -> Iterator[int]:
    """Yield processes with a flock on the file; lines of /proc/locks end `pid major:minor:inode start end`."""
    if sys.platform == "win32":
        return
    device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    for line in _read(_PROC / "locks").splitlines():
        fields = line.split()
        if len(fields) >= 6 and fields[1] != "->" and fields[5] == device and fields[4].isdigit() and int(fields[4]):
            yield int(fields[4])


def _open_pids(path: str) -> Iterator[int]:
    """Yield the processes that have `path` open, as far as we may inspect them."""
    for process in _PROC.glob("[0-9]*"):
        try:
            links = list((process / "fd").iterdir())
        except OSError:
            continue
        for link in links:
            try:
                target = str(link.readlink())
            except OSError:
                continue
            if target == path:
                yield int(process.name)
                break


def _program(pid: int) -> str:
    """Return the command line's first words, or the bare name."""
    if pid == os.getpid():
        return "this program"
    words = [word for word in _read(_PROC / str(pid) / "cmdline").split("\0") if word]
    if not words:
        return _read(_PROC / str(pid) / "comm").strip() or "a process"
    name = Path(words[0]).name
    if name.startswith("python") and len(words) > 1:
        return f"{name} {Path(words[1]).name}" if not words[1].startswith("-") else " ".join([name, *words[1:3]])
    return name


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
