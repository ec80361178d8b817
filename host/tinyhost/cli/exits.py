"""How every command ends, for shells and CI."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["ExitStatus"]


class ExitStatus(IntEnum):
    """What a command's exit status says."""

    DONE = 0
    """The command did what it was asked to, and what it checks holds."""
    FAILED = 1
    """An error stopped the command, or what it checks does not hold."""
    USAGE = 2
    """The command line makes no sense."""
    INTERRUPTED = 130
    """Ctrl-C stopped the command."""
    TERMINATED = 143
    """SIGTERM stopped the command."""
