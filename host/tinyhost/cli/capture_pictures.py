"""`tinyhost capture --sensor camera`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tinyhost.cli.capture_run import stop_on_interrupt, tell_stored
from tinyhost.cli.output import escape, live_display, status_console

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tinyhost.cli.connect import Connection
    from tinyhost.datasets import DatasetStore, Origin
    from tinyhost.datasets.capture import CaptureEvent, CaptureResult

__all__ = ["PictureRun"]


class PictureRun:
    """Captures pictures under a progress bar with the last one."""

    def __init__(self, *, label: str, count: int, every_s: float) -> None:
        from tinyhost.datasets.capture import CaptureProgress

        self._label = label
        self._count = count
        self._every_s = every_s
        self._progress = CaptureProgress()

    def capture(self, connection: Connection, store: DatasetStore, origin: Origin) -> bool:
        """Capture and show what happens; return whether all is there."""
        from tinyhost.datasets.capture import CapturePlan, capture_pictures

        powered, out = connection.board, status_console()
        plan = CapturePlan(
            label=self._label,
            count=self._count,
            every_s=self._every_s,
            scene_item=lambda: powered.scene_name,
            scene_failure=lambda: powered.scene_failure,
            camera_may_come=not powered.board.is_virtual,
        )
        with stop_on_interrupt() as stop, live_display() as display:

            def show(event: CaptureEvent) -> None:
                if event.kind == "sensor_failed" and event.error is not None:
                    out.print(f"[yellow]sensor:[/] {escape(event.error.message)}; asked again", soft_wrap=True)
                elif out.is_terminal:
                    display.update(self._screen(event))

            capture_pictures(
                connection.device, store, origin, plan=plan, progress=self._progress, on_event=show, stop=stop
            )
        return self._progress.stored >= self._count

    def tell_result(self, root: Path, counts: dict[str, int]) -> None:
        """Say what came of it."""
        done = self._progress
        tell_stored(
            root,
            self._label,
            stored=done.stored,
            asked=self._count,
            in_all=counts.get(self._label, 0),
            seconds=done.seconds,
            losses={"dropped by the board": done.dropped, "failures of the sensor": done.sensor_failures},
        )

    def result(self) -> CaptureResult:
        """Return what came of it, for programs."""
        from tinyhost.datasets.capture import CaptureResult

        return CaptureResult(
            sensor="camera",
            label=self._label,
            asked=self._count,
            stored=self._progress.stored,
            dropped=self._progress.dropped,
            sensor_failures=self._progress.sensor_failures,
            seconds=self._progress.seconds,
        )

    def _screen(self, event: CaptureEvent) -> RenderableType:
        """Return the last picture above the progress bar."""
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        from tinyhost.views.preview import half_blocks

        out = status_console()
        line = Table.grid(padding=(0, 2))
        line.add_row(
            Text(self._label, "bold cyan"),
            ProgressBar(total=self._count, completed=self._progress.stored, width=max(10, min(40, out.width - 50))),
            f"{self._progress.stored}/{self._count}",
            Text(event.sample.file if event.sample else "", "dim"),
        )
        if event.pixels is None:
            return line
        rows = max(4, min(24, out.height - 4))
        return Group(half_blocks(event.pixels, min(out.width, 2 * rows), rows), Text(), line)
