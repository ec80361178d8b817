"""A console on which text is text: no log line, label or file name can command the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.status import Status
from rich.text import Text

from tinyhost.protocol.text import printable

__all__ = ["SafeConsole"]

_KEPT = "\n\t\u200c\u200d"


class SafeConsole(Console):
    """Replaces what is no printable character; colours and cursor moves of our own pass.

    Text is shown as it is, brackets and colons too: it has no markup and no emoji codes. What has a style is a `Text`.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"highlight": False, **options}, markup=False, emoji=False)

    def status(self, status: RenderableType, **options: Any) -> Status:
        """Return what shows a line and a spinner; rich by itself would take the line for markup."""
        return super().status(Text(status) if isinstance(status, str) else status, **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield the segments of something to be shown, their text made harmless."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                yield Segment(printable(segment.text, _KEPT), segment.style)
