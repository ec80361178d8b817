"""What a stream is written to: a file or a pipe, or a terminal, and what that understands."""

from __future__ import annotations

import os
import sys
from typing import TextIO

__all__ = ["is_terminal", "needs_translation", "wants_colours"]


def is_terminal(stream: TextIO) -> bool:
    """Return whether a person reads along."""
    try:
        return stream.isatty()
    except ValueError:  # it was closed
        return False


def needs_translation(stream: TextIO) -> bool:
    """Return whether the terminal may not understand ANSI's codes: consoles of Windows must be asked first."""
    return is_terminal(stream) and sys.platform == "win32"


def wants_colours(stream: TextIO) -> bool:
    """Return whether it is a terminal whose owner has not done without colours (NO_COLOR, TERM=dumb)."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
