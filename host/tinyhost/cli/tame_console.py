"""A console on which text is text: no log line, label or file name can command the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

__all__ = ["TameConsole"]

_KEPT = "\n\t"
_REPLACEMENT = "\ufffd"


class TameConsole(Console):
    """Replaces what is no printable character; colours and cursor moves of our own pass."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield the segments of something to be shown, their text made harmless."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                yield Segment(_tame(segment.text), segment.style)


def _tame(text: str) -> str:
    return "".join(char if char.isprintable() or char in _KEPT else _REPLACEMENT for char in text)
