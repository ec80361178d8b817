"""A virtual board's program as a process of this computer."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

from tinyhost.boards.state import BoardFolder
from tinyhost.system.processes import start_program
from tinyhost.system.tools import require_tool

__all__ = ["EXIT_RESET", "native_command", "qemu_command", "spawn"]

EXIT_RESET = 75
"""Exit status of a program that asks to be started again: firmware/boards/virtual/host_file.h."""

# One instruction is 128 ns of virtual time, which FPGAIO shows to the instruction: firmware/boards/m4/clock.cpp.
# Not sleep=off: with it a waiting board takes a whole core, as virtual time runs on. The counts are the same.
_QEMU_CLOCK = "shift=7"


def native_command(folder: BoardFolder) -> list[str]:
    """Return the command that runs a board's program on this computer."""
    return [str(folder.program)]


def qemu_command(folder: BoardFolder) -> list[str]:
    """Return the command that runs a board's program in QEMU. Raises MissingToolError."""
    qemu = require_tool("qemu-system-arm", why="the board m4 runs in it")
    return [
        *(qemu, "-machine", "mps2-an386", "-kernel", str(folder.program)),
        *("-icount", _QEMU_CLOCK),
        *("-semihosting-config", "enable=on,target=native"),
        *("-display", "none", "-monitor", "none", "-serial", "stdio"),
    ]


def spawn(
    command: list[str], folder: BoardFolder, stdin: int, stdout: int, inherit: Sequence[int] = ()
) -> subprocess.Popen[bytes]:
    """Return the running program. It works in the board's folder; see start_program."""
    with folder.log.open("ab") as log:
        return start_program(
            command,
            stdin=stdin,
            stdout=stdout,
            stderr=log,
            folder=folder.path,
            environment={**os.environ, "ASAN_OPTIONS": "exitcode=70", "UBSAN_OPTIONS": "print_stacktrace=1"},
            inherit=inherit,
        )
