"""labgrid's and jumpstarter's own programs, which have environments of their own: run, and never imported here.

labgrid brings a package `serial` of its own, which would overwrite ours.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tinyhost.errors import BoardError, MissingToolError, RouteLostError
from tinyhost.system.installation import own_environment

__all__ = ["find_program", "python_of", "run_program"]

_PACKAGES = {"labgrid-client": "labgrid", "jmp": "jumpstarter-cli"}
_SAID_CHARS = 600
_REPR = re.compile(r" Place\(.*\)")  # labgrid prints its objects in full
_TIMEOUT_S = 60.0


def find_program(program: str, *, why: str) -> str:
    """Return the path of a lab's program. Raises MissingToolError, which says how it is installed."""
    path = shutil.which(program)
    if path is None:
        raise MissingToolError(
            f"{program} is not installed; {why}",
            hint=f"{own_environment(_PACKAGES[program])} (it needs its own environment)",
        )
    return path


def python_of(program: str) -> str:
    """Return the Python of the environment that a program is in. Raises MissingToolError."""
    folder = Path(os.path.realpath(program)).parent
    for name in ("python", "python3", "python.exe"):
        if (folder / name).exists():
            return str(folder / name)
    raise MissingToolError(f"{program}: no Python beside it in {folder}", hint="install it with pipx, or in a venv")


def run_program(
    command: Sequence[str],
    *,
    name: str,
    feed: str = "",
    environment: Mapping[str, str] | None = None,
    timeout_s: float = _TIMEOUT_S,
) -> str:
    """Return a program's output. name: the board's, for messages.

    Raises BoardError with its complaint if it fails, RouteLostError if it does not end.
    """
    shown = " ".join([Path(command[0]).name, *command[1:4]])
    try:
        done = subprocess.run(
            command, input=feed, capture_output=True, text=True, errors="replace", timeout=timeout_s, check=False,
            env={**os.environ, **(environment or {})},
        )  # fmt: skip
    except subprocess.TimeoutExpired as exc:
        raise RouteLostError(
            f"{name}: {shown} did not finish in {timeout_s:g} s", hint="check that the lab's server is running"
        ) from exc
    except OSError as exc:
        raise BoardError(f"{name}: {shown}: {exc.strerror or exc}", hint="run it by hand") from exc
    if done.returncode:
        said = _REPR.sub("", " ".join((done.stderr or done.stdout).split()))[-_SAID_CHARS:]
        raise BoardError(f"{name}: {shown}: exit {done.returncode}: {said}", hint="run it by hand")
    return done.stdout
