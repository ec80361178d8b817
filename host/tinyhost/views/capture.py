"""Views of a capture: the last picture, the prompt and the level, the time left."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque

import numpy as np
from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tinyhost.audio.levels import dbfs
from tinyhost.datasets.capture import CaptureEvent
from tinyhost.device import SamplesItem
from tinyhost.views.bars import ACCENT, level_meter, sparkline
from tinyhost.views.preview import half_blocks

__all__ = ["CaptureView", "PicturesView", "RecordingView", "WordsView"]

_HISTORY = 60


class CaptureView(ABC):
    """Draws a run of a capture, event by event."""

    def __init__(self, label: str, asked: float) -> None:
        self._label = label
        self._asked = asked
        self._stored = 0
        self._left_s = asked
        self._levels: deque[float] = deque(maxlen=_HISTORY)
        self._last = Text()
        """the last message"""

    def take(self, event: CaptureEvent) -> Text | None:
        """Process an event; return its message, also for a log."""
        self._stored += event.kind == "stored"
        self._left_s = event.seconds_left if event.kind == "level" else self._left_s
        if event.piece is not None:
            self._levels.append(self._level(event.piece))
        said = self._said(event)
        self._last = self._last if said is None else said
        return said

    @abstractmethod
    def screen(self, event: CaptureEvent, columns: int, rows: int) -> RenderableType:
        """Return the screen after the last event, for a terminal of `columns` x `rows` cells."""

    def _level(self, piece: SamplesItem) -> float:
        """Return the level of a piece of samples."""
        return 0.0

    def _said(self, event: CaptureEvent) -> Text | None:
        return Text(event.sample.file) if event.sample else None

    def _progress(self, done: float, width: int) -> ProgressBar:
        return ProgressBar(total=self._asked, completed=done, width=width)


class PicturesView(CaptureView):
    """The last picture above a progress bar."""

    def __init__(self, label: str, asked: float) -> None:
        super().__init__(label, asked)
        self._issues: tuple[str, ...] = ()
        """remarks on the last picture"""

    def screen(self, event: CaptureEvent, columns: int, rows: int) -> RenderableType:
        """Return the picture and the count."""
        line = Table.grid(padding=(0, 2))
        line.add_row(
            Text(self._label, "bold cyan"),
            self._progress(self._stored, max(10, min(40, columns - 50))),
            f"{self._stored}/{self._asked}",
            Text(event.sample.file if event.sample else "", "dim"),
            Text("; ".join(self._issues), "yellow"),
        )
        if event.pixels is None:
            return line
        picture_rows = max(4, min(24, rows - 4))
        return Group(half_blocks(event.pixels, min(columns, 2 * picture_rows), picture_rows), line)

    def _said(self, event: CaptureEvent) -> Text | None:
        """Return a sensor's failure, or a picture's fault unless the last one had it too."""
        if event.error is not None:
            return Text.assemble(("sensor:", "yellow"), f" {event.error.message}; asked again")
        before, self._issues = self._issues, tuple(event.sample.issues) if event.sample else ()
        if event.sample is None or not self._issues or self._issues == before:
            return None
        return Text.assemble(f"{event.sample.file}: ", ("; ".join(self._issues), "yellow"))


class WordsView(CaptureView):
    """The view for a speaker: the prompt, the level, and the result of each word."""

    def screen(self, event: CaptureEvent, columns: int, rows: int) -> RenderableType:
        """Return the prompt, the level and the count of words."""
        width = max(20, min(60, columns - 20))
        if event.kind == "prompt":
            dots = "● " * max(1, round(event.seconds_left * 2))
            head = Text.assemble(("get ready  ", "dim"), (self._label, "bold cyan"), (f"  {dots}", "yellow"))
        elif event.kind == "level":
            head = Text.assemble(("say  ", "bold red"), (f" {self._label} ", "bold black on bright_green"))
        else:
            head = Text(self._label, "bold cyan")
        level = self._levels[-1] if self._levels else -90.0
        line = Table.grid(padding=(0, 2))
        line.add_row(self._progress(self._stored, width), f"{self._stored}/{self._asked}")
        history = sparkline(list(self._levels), width, ACCENT)
        return Group(head, Text(), level_meter(level, width), history, self._last, line)

    def _level(self, piece: SamplesItem) -> float:
        """Return the peak, dBFS."""
        return dbfs(int(np.abs(piece.samples.astype(np.int32)).max(initial=1)) / 32768)

    def _said(self, event: CaptureEvent) -> Text | None:
        verdict = event.verdict
        if event.sample is not None:
            level = f", {verdict.level_dbfs:.0f} dBFS" if verdict else ""
            return Text(f"{event.sample.file}{level}", "green")
        if event.kind == "rejected" and verdict is not None:
            return Text(f"again, please: {verdict.reason} ({verdict.detail})", "yellow")
        return Text("again", "dim") if event.kind == "retake" else None


class RecordingView(CaptureView):
    """Progress and level of a recording."""

    def screen(self, event: CaptureEvent, columns: int, rows: int) -> RenderableType:
        """Return the time left, the level and the last file."""
        width = max(20, min(60, columns - 30))
        line = Table.grid(padding=(0, 2))
        line.add_row(
            Text(self._label, "bold cyan"),
            self._progress(self._asked - self._left_s, width),
            f"{self._left_s:.0f} s to go",
        )
        level = Text.assemble(("level  ", "dim"), sparkline(list(self._levels), width, ACCENT))
        return Group(line, level, Text(self._last.plain, "dim"))

    def _level(self, piece: SamplesItem) -> float:
        """Return the standard deviation of the samples over all channels, in real units."""
        return float(np.linalg.norm(piece.samples.astype(np.float64).std(axis=0))) * piece.scale
