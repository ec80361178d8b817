"""Runs command lines as on Windows, as far as Linux can simulate it: POSIX-only modules are hidden from tinyhost.

    python -m tests.windows < command lines as JSON: [["boards", "--no-ask"], ...] > [{"code": 0, "out": "", ...}, ...]

What others wrote is imported before, and keeps what it needs.
"""

from __future__ import annotations

import builtins
import ctypes
import json
import multiprocessing.pool
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Sequence
from concurrent import futures
from types import ModuleType
from typing import Any

import click.testing
import cv2
import matplotlib.pyplot as plt
import platformdirs
import rich.live
import rich.progress
import serial.tools.list_ports

OTHERS = (multiprocessing.pool, futures, cv2, plt, platformdirs, rich, serial, click, ctypes)
POSIX_MODULES = {"fcntl", "termios", "tty", "pty", "resource", "pwd", "grp", "syslog"}
POSIX_NAMES = {
    os: "fork openpty ttyname mkfifo pwrite pread killpg set_blocking fchmod geteuid getuid getgroups setsid "
    "pidfd_open O_NONBLOCK O_NOFOLLOW O_CLOEXEC major minor getpgid sysconf uname",
    signal: "SIGKILL SIGALRM setitimer ITIMER_REAL SIGHUP pause",
}


class FakeConsole(ModuleType):
    """The part of `msvcrt` that is used: locks are granted, and no key is pressed."""

    LK_NBLCK = 2

    def locking(self, fd: int, mode: int, n_bytes: int) -> None:
        """Grant it."""

    def kbhit(self) -> bool:
        """Return that no key waits."""
        return False


def hide_posix() -> None:
    """Make this process look like Windows, from tinyhost's first import on."""
    really_import = builtins.__import__

    def importing(name: str, *rest: Any, **more: Any) -> ModuleType:
        asked_by = (rest[0] if rest else more.get("globals") or {}).get("__name__", "")
        if name in POSIX_MODULES and asked_by.startswith("tinyhost"):
            raise ModuleNotFoundError(f"No module named {name!r}: Windows has none", name=name)
        return really_import(name, *rest, **more)

    really_select, really_open = select.select, subprocess.Popen.__init__

    def selecting(reads: Sequence[Any], *rest: Any) -> Any:
        if not all(isinstance(one, socket.socket) for one in reads):
            raise OSError(10038, "An operation was attempted on something that is not a socket")
        return really_select(reads, *rest)

    def opening(self: Any, *arguments: Any, creationflags: int = 0, **options: Any) -> None:
        really_open(self, *arguments, **options)

    for module, names in POSIX_NAMES.items():
        for name in names.split():
            if hasattr(module, name):
                delattr(module, name)
    hidden: tuple[tuple[object, str, object], ...] = (
        (builtins, "__import__", importing),
        (select, "select", selecting),
        (subprocess.Popen, "__init__", opening),
        (subprocess, "CREATE_NEW_PROCESS_GROUP", 512),
        (signal, "SIGBREAK", signal.SIGUSR1),
        (shutil, "which", lambda program, *_, **__: None),
        (sys, "platform", "win32"),
    )
    for owner, name, value in hidden:
        setattr(owner, name, value)
    sys.modules["msvcrt"] = FakeConsole("msvcrt")


def main() -> None:
    """Run the command lines of the standard input."""
    lines = json.load(sys.stdin)
    hide_posix()
    from tests.commands import run_tinyhost

    results = []
    for words in lines:
        try:
            done = run_tinyhost(*words)
            results.append({"code": done.code, "out": done.out, "err": done.err})
        except BaseException:
            results.append({"code": -1, "out": "", "err": traceback.format_exc()})
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
