"""`tinyhost capture --sensor mic`: words after a prompt."""

from __future__ import annotations

import sys
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tinyhost.cli.capture_run import stop_on_interrupt, tell_stored
from tinyhost.cli.output import Display, escape, live_display, status_console
from tinyhost.errors import MissingToolError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tinyhost.cli.connect import Connection
    from tinyhost.datasets import DatasetStore, Origin
    from tinyhost.datasets.capture import CaptureResult
    from tinyhost.datasets.capture_clips import Answer, ClipEvent

__all__ = ["ClipRun"]


class ClipRun:
    """Records words: prompt, countdown, level meter, verdict; asks about each one if `review`."""

    def __init__(self, *, label: str, count: int, countdown_s: float, review: bool, speaker: str) -> None:
        from tinyhost.datasets.capture_clips import ClipProgress

        self._label = label
        self._count = count
        self._countdown_s = countdown_s
        self._review = review
        self._speaker = speaker
        self._progress = ClipProgress()

    def capture(self, connection: Connection, store: DatasetStore, origin: Origin) -> bool:
        """Record and show what happens; return whether all is there."""
        from tinyhost.datasets.capture_clips import ClipPlan, capture_clips

        powered = connection.board
        with stop_on_interrupt() as stop, live_display() as display:
            booth = _Booth(self._label, self._count, display)

            def review(pcm: NDArray[np.int16]) -> Answer:
                with display.aside():
                    answer = _ask(pcm, self._progress.stored + 1, self._count)
                if answer == "stop":
                    stop.set()
                return "keep" if answer == "keep" else "retake"

            plan = ClipPlan(
                label=self._label,
                count=self._count,
                countdown_s=self._countdown_s,
                speaker=self._speaker or origin.device,
                review=review if self._review else lambda pcm: "keep",
                scene_item=lambda: powered.scene_name,
                scene_failure=lambda: powered.scene_failure,
            )
            capture_clips(
                connection.device, store, origin, plan=plan, progress=self._progress, on_event=booth.show, stop=stop
            )
        return self._progress.stored >= self._count

    def tell_result(self, root: Path, counts: dict[str, int]) -> None:
        """Say what came of it."""
        done = self._progress
        losses = {f"clips {reason}": n for reason, n in done.rejected.items()}
        tell_stored(
            root,
            self._label,
            stored=done.stored,
            asked=self._count,
            in_all=counts.get(self._label, 0),
            seconds=done.seconds,
            losses=losses | {"samples lost": done.lost},
        )

    def result(self) -> CaptureResult:
        """Return what came of it, for programs."""
        from tinyhost.datasets.capture import CaptureResult

        return CaptureResult(
            sensor="microphone",
            label=self._label,
            asked=self._count,
            stored=self._progress.stored,
            dropped=self._progress.lost,
            rejected=dict(self._progress.rejected),
            seconds=self._progress.seconds,
        )


class _Booth:
    """What a speaker sees: what to say, when, how loud it is, and what became of it."""

    _HISTORY = 60

    def __init__(self, title: str, count: int, display: Display) -> None:
        self._title = title
        self._count = count
        self._display = display
        self._levels: deque[float] = deque(maxlen=self._HISTORY)
        self._stored = 0
        self._last = ""
        self._last_style = "dim"

    def show(self, event: ClipEvent) -> None:
        """Show an event; without a terminal, a line for each clip."""
        from tinyhost.audio.levels import dbfs

        if event.piece is not None:
            peak = int(np.abs(event.piece.samples.astype(np.int32)).max(initial=1))
            self._levels.append(dbfs(peak / 32768))
        verdict = event.verdict
        if event.kind == "stored":
            self._stored += 1
            level = f", {verdict.level_dbfs:.0f} dBFS" if verdict else ""
            self._say(f"{event.sample.file if event.sample else ''}{level}", "green")
        elif event.kind == "rejected" and verdict is not None:
            self._say(f"again, please: {verdict.reason} ({verdict.detail})", "yellow")
        elif event.kind == "retake":
            self._say("again", "dim")
        if status_console().is_terminal:
            self._display.update(self._screen(event))

    def _say(self, text: str, style: str) -> None:
        self._last, self._last_style = text, style
        if not status_console().is_terminal:
            status_console().print(escape(text), soft_wrap=True)

    def _screen(self, event: ClipEvent) -> RenderableType:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        from tinyhost.views.bars import level_meter, sparkline

        width = max(20, min(60, status_console().width - 20))
        if event.kind == "prompt":
            dots = "● " * max(1, round(event.seconds_left * 2))
            head = Text.assemble(("get ready  ", "dim"), (self._title, "bold cyan"), (f"  {dots}", "yellow"))
        elif event.kind == "level":
            head = Text.assemble(("say  ", "bold red"), (f" {self._title} ", "bold black on bright_green"))
        else:
            head = Text(self._title, "bold cyan")
        level = self._levels[-1] if self._levels else -90.0
        line = Table.grid(padding=(0, 2))
        line.add_row(
            ProgressBar(total=self._count, completed=self._stored, width=width),
            f"{self._stored}/{self._count}",
        )
        return Group(
            head,
            Text(),
            level_meter(level, width),
            sparkline(list(self._levels), width, "#35b5bf"),
            Text(self._last, self._last_style),
            line,
        )


def _ask(pcm: NDArray[np.int16], number: int, count: int) -> str:
    """Return keep, retake or stop, as a person says who may listen first; without a terminal: keep."""
    from tinyhost.cli.playback import play

    out = status_console()
    if not sys.stdin.isatty():
        return "keep"
    while True:
        out.print(
            f"{number}/{count}: [bold]Enter[/] keep   [bold]p[/] play   [bold]r[/] again   [bold]q[/] stop ", end=""
        )
        line = sys.stdin.readline()
        answer = line.strip().lower()
        if not line or answer == "q":
            return "stop"
        if answer in ("", "k"):
            return "keep"
        if answer == "r":
            return "retake"
        if answer == "p":
            try:
                play(pcm)
            except MissingToolError as error:
                out.print(f"[yellow]{escape(error.message)}[/]: {escape(error.hint)}", soft_wrap=True)
