"""Child processes that do not receive our Ctrl-C, and end with the process that started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from tinyhost.system.lifeline import killed_with_parent

__all__ = ["describe_exit", "interrupt", "kill_with_children", "start_program", "was_killed"]


def start_program(
    command: Sequence[str],
    *,
    stdin: int,
    stdout: int | IO[bytes],
    stderr: int | IO[bytes],
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    inherit: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Return a running program that is killed when the calling thread dies, on Linux.

    In a session of its own, so that Ctrl-C reaches us only. inherit: descriptors that it inherits.
    """
    if sys.platform == "win32":
        return subprocess.Popen(
            command,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            cwd=folder,
            env=environment,
            creationflags=subprocess.CREATE_NEW_PROCESS_GROUP,
        )
    return subprocess.Popen(
        killed_with_parent(list(command)),
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        cwd=folder,
        env=environment,
        pass_fds=inherit,
        start_new_session=True,
    )


def interrupt(program: subprocess.Popen[bytes]) -> None:
    """Interrupt a program as Ctrl-C does; Windows cannot do that to another console's program."""
    if sys.platform == "win32":
        program.terminate()
    else:
        program.send_signal(signal.SIGINT)


def kill_with_children(program: subprocess.Popen[bytes]) -> None:
    """Kill a program of start_program and its child processes."""
    if sys.platform == "win32":
        program.kill()
    else:
        os.killpg(program.pid, signal.SIGKILL)


def was_killed(code: int) -> bool:
    """Return whether a program with this exit code was killed."""
    return sys.platform != "win32" and code == -signal.SIGKILL


def describe_exit(code: int) -> str:
    """Return the end of a program in words: `of signal SIGSEGV`, `with exit code 1`."""
    return f"of signal {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
