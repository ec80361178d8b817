"""`tinyhost capture --sensor imu`, and `--sensor mic --background`: minutes at a time."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from tinyhost.cli.capture_run import stop_on_interrupt
from tinyhost.cli.output import Display, escape, live_display, status_console

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tinyhost.cli.connect import Connection
    from tinyhost.datasets import DatasetStore, Origin
    from tinyhost.datasets.capture import CaptureResult
    from tinyhost.datasets.capture_long import LongEvent
    from tinyhost.datasets.manifest import Sample
    from tinyhost.datasets.recording import Recording

__all__ = ["LongRun"]

_FILE_S = {"microphone": 60.0, "accelerometer": 30.0}
_SHOWN_ISSUES = 5


class LongRun:
    """Records without a pause, under a progress bar with the level."""

    def __init__(self, *, sensor: Literal["microphone", "accelerometer"], label: str, seconds: float) -> None:
        from tinyhost.datasets.capture_long import LongProgress

        self._sensor = sensor
        self._label = label
        self._seconds = seconds
        self._progress = LongProgress()
        self._issues: list[str] = []

    def capture(self, connection: Connection, store: DatasetStore, origin: Origin) -> bool:
        """Record and show what happens; return whether all is there."""
        from tinyhost.datasets.capture_long import LongPlan, capture_long

        powered = connection.board

        def store_file(recording: Recording) -> Sample:
            sample = self._store(store, origin, recording, powered.scene_name)
            self._issues += [f"{sample.file}: {issue}" for issue in sample.issues]
            return sample

        plan = LongPlan(
            seconds=self._seconds,
            file_s=_FILE_S[self._sensor],
            store=store_file,
            scene_failure=lambda: powered.scene_failure,
        )
        with stop_on_interrupt() as stop, live_display() as display:
            meter = _Meter(self._label, self._seconds, display)
            capture_long(connection.device, plan=plan, progress=self._progress, on_event=meter.show, stop=stop)
            return not stop.is_set()

    def tell_result(self, root: Path, counts: dict[str, int]) -> None:
        """Say what came of it."""
        out, done = status_console(), self._progress
        lost = f", [yellow]{done.lost} samples lost[/]" if done.lost else ""
        out.print(
            f"{escape(root)}: stored [bold]{done.n_samples}[/] samples of {escape(self._label)} "
            f"in {done.stored} files, {counts.get(self._label, 0)} files in all{lost}",
            soft_wrap=True,
        )
        for issue in self._issues[:_SHOWN_ISSUES]:
            out.print(f"[yellow]{escape(issue)}[/]", soft_wrap=True)
        if len(self._issues) > _SHOWN_ISSUES:
            out.print(f"[yellow]and {len(self._issues) - _SHOWN_ISSUES} more like it[/]")

    def result(self) -> CaptureResult:
        """Return what came of it, for programs."""
        from tinyhost.datasets.capture import CaptureResult

        return CaptureResult(
            sensor=self._sensor,
            label=self._label,
            asked=self._seconds,
            stored=self._progress.stored,
            dropped=self._progress.lost,
            issues=tuple(self._issues),
            seconds=self._progress.seconds,
        )

    def _store(self, store: DatasetStore, origin: Origin, recording: Recording, scene_item: str) -> Sample:
        from tinyhost.datasets.capture_motion import store_motion

        if self._sensor == "accelerometer":
            return store_motion(store, recording, self._label, origin, scene_item=scene_item)
        return store.add_clip(
            recording.samples[:, 0],
            self._label,
            origin,
            rate_hz=round(recording.rate_hz),
            dropped=0,
            timestamp_us=recording.timestamp_us,
            scene_item=scene_item,
        )


class _Meter:
    """How far the recording is, and how much moves."""

    _HISTORY = 60

    def __init__(self, title: str, seconds: float, display: Display) -> None:
        self._title = title
        self._seconds = seconds
        self._display = display
        self._levels: deque[float] = deque(maxlen=self._HISTORY)
        self._last = ""

    def show(self, event: LongEvent) -> None:
        """Show an event; without a terminal, a line for each file."""
        if event.sample is not None:
            self._last = event.sample.file
            if not status_console().is_terminal:
                status_console().print(escape(event.sample.file), soft_wrap=True)
        if event.piece is not None:
            spread = event.piece.samples.astype(np.float64).std(axis=0)
            self._levels.append(float(np.linalg.norm(spread)) * event.piece.scale)
            self._display.update(self._screen(event))

    def _screen(self, event: LongEvent) -> RenderableType:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        from tinyhost.views.bars import ACCENT, sparkline

        width = max(20, min(60, status_console().width - 30))
        line = Table.grid(padding=(0, 2))
        line.add_row(
            Text(self._title, "bold cyan"),
            ProgressBar(total=self._seconds, completed=self._seconds - event.seconds_left, width=width),
            f"{event.seconds_left:.0f} s to go",
        )
        level = Text.assemble(("level  ", "dim"), sparkline(list(self._levels), width, ACCENT))
        return Group(line, level, Text(self._last, "dim"))
