"""The exit statuses of all commands, for shells and CI."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["ExitStatus"]


class ExitStatus(IntEnum):
    """A command's exit status."""

    DONE = 0
    """The command succeeded, and all of its checks passed."""
    FAILED = 1
    """An error stopped the command, or a check failed."""
    USAGE = 2
    """The command line is invalid."""
    INTERRUPTED = 130
    """Ctrl-C stopped the command."""
    TERMINATED = 143
    """SIGTERM stopped the command."""
