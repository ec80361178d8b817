"""Programs that are killed with the process that started them, however it ends."""

from __future__ import annotations

import os
import shutil

__all__ = ["killed_with_parent"]

# The process may have died before Linux was asked to kill us with it: then our parent is another one already.
_IF_PARENT_LIVES = 'test "$PPID" = "$1" || exit 1; shift; exec "$@"'


def killed_with_parent(command: list[str]) -> list[str]:
    """Return the command in a wrapper that has Linux kill it when the thread that starts it dies.

    Unchanged without util-linux.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return command
    return [setpriv, "--pdeathsig", "KILL", "--", "/bin/sh", "-c", _IF_PARENT_LIVES, "sh", str(os.getpid()), *command]
