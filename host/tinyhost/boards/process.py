"""A virtual board's program as a process of this computer."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tinyhost.boards.state import BoardFolder
from tinyhost.system.lifeline import ends_with_us
from tinyhost.system.tools import require_tool

__all__ = ["EXIT_FAULT", "EXIT_RESET", "board_command", "spawn"]

EXIT_FAULT = 70
EXIT_RESET = 75
"""How a program ends that wants to be started again: firmware/boards/virtual/host_file.h."""

# One instruction is 128 ns of virtual time, which FPGAIO shows to the instruction: firmware/boards/m4/clock.cpp.
# Not sleep=off: with it a board that waits takes a whole core, as virtual time runs on. The counts are the same.
_QEMU_CLOCK = "shift=7"


def board_command(kind: str, program: Path) -> list[str]:
    """Return the command that runs `program` as a board. Raises MissingToolError."""
    if kind == "native":
        return [str(program)]
    qemu = require_tool("qemu-system-arm", why="the board m4 runs in it")
    return [
        *(qemu, "-machine", "mps2-an386", "-kernel", str(program)),
        *("-icount", _QEMU_CLOCK),
        *("-semihosting-config", "enable=on,target=native"),
        *("-display", "none", "-monitor", "none", "-serial", "stdio"),
    ]


def spawn(command: list[str], folder: BoardFolder, stdin: int, stdout: int) -> subprocess.Popen[bytes]:
    """Return the running program. It works in the board's folder and dies with the thread that calls this.

    In a session of its own, so that a Ctrl-C meant for the host does not stop the board first.
    """
    with folder.log.open("ab") as log:
        return subprocess.Popen(
            ends_with_us(command),
            stdin=stdin,
            stdout=stdout,
            stderr=log,
            cwd=folder.path,
            start_new_session=True,
            env={**os.environ, "ASAN_OPTIONS": "exitcode=70", "UBSAN_OPTIONS": "print_stacktrace=1"},
        )
