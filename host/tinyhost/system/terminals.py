"""Properties of an output stream: whether it is a terminal, and whether that supports colours."""

from __future__ import annotations

import os
import sys
from typing import TextIO

__all__ = ["is_terminal", "needs_translation", "wants_colours"]


def is_terminal(stream: TextIO) -> bool:
    """Return whether the stream is a terminal."""
    try:
        return stream.isatty()
    except ValueError:  # it was closed
        return False


def needs_translation(stream: TextIO) -> bool:
    """Return whether ANSI codes must be translated, as for some consoles of Windows."""
    return is_terminal(stream) and sys.platform == "win32"


def wants_colours(stream: TextIO) -> bool:
    """Return whether it is a terminal without NO_COLOR and TERM=dumb."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
