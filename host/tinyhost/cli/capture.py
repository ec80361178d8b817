"""`tinyhost capture`: labelled samples from the board's sensor into a data set."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from tinyhost.cli.options import BoardOption, JsonOption, SceneOption, StateOption
from tinyhost.cli.output import escape, live_display, status_console, write_json
from tinyhost.errors import TinyhostError, UsageError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tinyhost.datasets import DatasetStore, Origin
    from tinyhost.datasets.capture import CaptureEvent, CapturePlan, CaptureProgress
    from tinyhost.device import Device

__all__ = ["register"]


class Sensor(str, Enum):
    """What can be captured."""

    CAMERA = "camera"


def register(app: typer.Typer) -> None:
    """Add `capture`."""
    app.command("capture")(capture)


def capture(
    *,
    label: Annotated[str, typer.Option("--label", "-l", help="What the samples show; the name of their folder.")],
    sensor: Annotated[Sensor, typer.Option("--sensor", help="The sensor.")] = Sensor.CAMERA,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="How many samples to take in this run.")] = 100,
    set_name: Annotated[
        Optional[str],  # noqa: UP045 (typer reads the annotation at run time on Python 3.10)
        typer.Option("--set", help="Name of the data set, a folder in data/. Default: captured."),
    ] = None,
    data: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--data", help="Folder of the data set, instead of --set."),
    ] = None,
    every: Annotated[float, typer.Option("--every", min=0.0, help="Least time from one sample to the next, s.")] = 0.0,
    note: Annotated[str, typer.Option("--note", help="Kept with every sample.")] = "",
    board: BoardOption = None,
    scene: SceneOption = None,
    state: StateOption = None,
    json: JsonOption = None,
) -> None:
    """Capture labelled samples from the board's sensor.

    Whatever stops it, what was captured stays valid, and the next run goes on.
    """
    from tinyhost.cli.connect import connected
    from tinyhost.datasets import DatasetStore, validate_label
    from tinyhost.datasets.capture import CapturePlan, CaptureProgress, origin_of

    if set_name is not None and data is not None:
        raise UsageError("--set and --data both name the data set", hint="give one of them")
    validate_label(label)
    root = data if data is not None else Path("data") / validate_label(set_name or "captured")
    progress = CaptureProgress()
    failure: BaseException | None = None
    with connected(board, scene, state) as connection, DatasetStore(root) as store:
        _tell_recovery(store, root)
        powered = connection.board
        plan = CapturePlan(
            label=label,
            count=count,
            every_s=every,
            scene_item=lambda: powered.scene_name,
            scene_failure=lambda: powered.scene_failure,
            camera_may_come=not powered.board.is_virtual,
        )
        origin = origin_of(connection.device, scene=connection.scene, note=note)
        try:
            _capture_live(connection.device, store, origin, plan, progress)
            if progress.stored < count:
                failure = KeyboardInterrupt()
        except (KeyboardInterrupt, TinyhostError) as error:
            failure = error
        counts = store.counts()
        _tell_result(root, plan, progress, counts)
        if json:
            write_json(_document(root, plan=plan, progress=progress, store=store, origin=origin, failure=failure), json)
    if failure is not None:
        raise failure


def _capture_live(
    device: Device, store: DatasetStore, origin: Origin, plan: CapturePlan, progress: CaptureProgress
) -> None:
    """Capture under a progress bar with the last picture."""
    from tinyhost.datasets.capture import capture_pictures

    out = status_console()
    with _stop_on_interrupt() as stop, live_display() as update:

        def show(event: CaptureEvent) -> None:
            if event.kind == "sensor_failed" and event.error is not None:
                out.print(f"[yellow]sensor:[/] {escape(event.error.message)}; asked again", soft_wrap=True)
            elif out.is_terminal:
                update(_screen(event, plan, progress))

        capture_pictures(device, store, origin, plan=plan, progress=progress, on_event=show, stop=stop)


@contextmanager
def _stop_on_interrupt() -> Iterator[threading.Event]:
    """Yield an event that the first Ctrl-C sets, so that a sample is finished first; the second one interrupts."""
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = signal.signal(signal.SIGINT, on_signal)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def _screen(event: CaptureEvent, plan: CapturePlan, progress: CaptureProgress) -> RenderableType:
    """Return the last picture above the progress bar."""
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    from tinyhost.monitor.preview import half_blocks

    out = status_console()
    line = Table.grid(padding=(0, 2))
    line.add_row(
        Text(plan.label, "bold cyan"),
        ProgressBar(total=plan.count, completed=progress.stored, width=max(10, min(40, out.width - 50))),
        f"{progress.stored}/{plan.count}",
        Text(event.sample.file if event.sample else "", "dim"),
    )
    if event.pixels is None:
        return line
    rows = max(4, min(24, out.height - 4))
    return Group(half_blocks(event.pixels, min(out.width, 2 * rows), rows), Text(), line)


def _tell_recovery(store: DatasetStore, root: Path) -> None:
    """Say how many samples are there, and what an earlier run left to mend."""
    out, found = status_console(), store.recovery
    counts = store.counts()
    if counts:
        listed = ", ".join(f"{n} {label}" for label, n in counts.items())
        out.print(f"{escape(root)}: going on with {sum(counts.values())} samples: {listed}", soft_wrap=True)
    if found.torn_line:
        out.print(
            f"[yellow]{escape(root)}: the last line of the manifest was torn and has been cut off[/]", soft_wrap=True
        )
    for names, words in (
        (found.adopted, "without a manifest line; it has one now"),
        (found.unreadable, "is no picture; left as it is, not counted"),
        (found.missing, "is in the manifest and gone"),
    ):
        for name in names[:5]:
            out.print(f"[yellow]{escape(root / name)}[/]: {words}", soft_wrap=True)
        if len(names) > 5:
            out.print(f"[yellow]and {len(names) - 5} more like it[/]")


def _tell_result(root: Path, plan: CapturePlan, progress: CaptureProgress, counts: dict[str, int]) -> None:
    out = status_console()
    losses = "".join(
        f", [yellow]{n} {what}[/]"
        for n, what in (
            (progress.dropped, "dropped by the board"),
            (progress.sensor_failures, "failures of the sensor"),
        )
        if n
    )
    out.print(
        f"{escape(root)}: stored [bold]{progress.stored}[/] {plan.label} in {progress.seconds:.1f} s, "
        f"{counts.get(plan.label, 0)} in all{losses}",
        soft_wrap=True,
    )
    if progress.stored < plan.count:
        out.print(f"to go on: the same command with --count {plan.count - progress.stored}", soft_wrap=True)


def _document(
    root: Path,
    *,
    plan: CapturePlan,
    progress: CaptureProgress,
    store: DatasetStore,
    origin: Origin,
    failure: BaseException | None,
) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "schema": "tinyhost.capture/1",
        "data": str(root),
        "label": plan.label,
        "asked": plan.count,
        "stored": progress.stored,
        "dropped": progress.dropped,
        "sensor_failures": progress.sensor_failures,
        "seconds": progress.seconds,
        "ended_by": _ended_by(failure),
        "counts": store.counts(),
        "recovery": asdict(store.recovery),
        "origin": asdict(origin),
    }


def _ended_by(failure: BaseException | None) -> str:
    """Return why the run ended: done, interrupted, or the error's message."""
    if failure is None:
        return "done"
    return failure.message if isinstance(failure, TinyhostError) else "interrupted"
