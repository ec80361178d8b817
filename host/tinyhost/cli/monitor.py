"""`tinyhost monitor`: live predictions."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinyhost.cli.options import MAX_SECONDS, BoardOption, JsonOption, SceneOption, StateOption, epilog
from tinyhost.cli.output import console, note, say, status_console

if TYPE_CHECKING:
    from tinyhost.boards.base import PoweredBoard
    from tinyhost.monitor.state import MonitorState
    from tinyhost.tasks.live import LiveHeader, Reading

    Sink = Callable[[Reading, LiveHeader], None]

__all__ = ["register"]

_PATIENCE_S = 30.0
_SCREEN_HOLD_S = 1.0


def register(app: typer.Typer) -> None:
    """Add `monitor`."""
    app.command(
        "monitor",
        epilog=epilog(
            "tinyhost monitor --scene pictures/",
            "tinyhost monitor --scene speech:yes,no --plain",
            "tinyhost monitor --scene 'machine:imbalance?start=3' --count 100 --json -",
        ),
    )(monitor)


def monitor(
    *,
    count: Annotated[
        int | None,
        typer.Option("--count", "-n", min=1, help="Stop after this many predictions."),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option("--seconds", "-s", min=0.1, max=MAX_SECONDS, help="Stop after this many seconds."),
    ] = None,
    hold: Annotated[
        float | None,
        typer.Option(
            "--hold",
            min=0.0,
            max=MAX_SECONDS,
            help="How long a virtual camera shows each picture, in seconds. Default: 1 on the screen, else 0.",
        ),
    ] = None,
    plain: Annotated[
        bool,
        typer.Option(
            "--plain",
            help="Print lines also in a terminal: one for each prediction, of a keyword spotter one for each word.",
        ),
    ] = False,
    board: BoardOption = None,
    scene: SceneOption = None,
    state: StateOption = None,
    json: JsonOption = None,
) -> None:
    """Watch live predictions and what the sensor gives.

    The screen also shows timings and the link's counters; press q to leave. With `--json -`, another program gets one
    line for each prediction.
    """
    from tinyhost.boards import resolve
    from tinyhost.monitor.state import MonitorState

    on_screen = console().is_terminal and not plain and json != "-"
    target = resolve(board, state=state)
    if board is None:
        status_console().print(f"board: {target.name}", style="dim")
    hold_s = hold if hold is not None else _SCREEN_HOLD_S if on_screen else 0.0
    live = MonitorState()
    try:
        with target.power(scene=scene, hold_s=hold_s) as powered, _json_sink(json) as sink:
            if on_screen:
                _on_screen(powered, live, sink, scene=scene or "", count=count, seconds=seconds)
            else:
                _as_lines(powered, live, sink, scene=scene or "", count=count, seconds=seconds, quiet=json == "-")
    finally:
        final = live.snapshot()
        if final.header:
            status_console().print(
                f"{final.n_readings} prediction{'s' * (final.n_readings != 1)} in {final.seconds:.1f} s", style="dim"
            )


@contextmanager
def _json_sink(target: str | None) -> Iterator[Sink]:
    """Yield a function that writes each prediction as a line of JSON; one that does nothing without a target."""
    if target is None:
        yield lambda reading, header: None
        return
    from tinyhost.monitor.lines import json_line

    if target == "-":

        def to_stdout(reading: Reading, header: LiveHeader) -> None:
            sys.stdout.write(json_line(reading, header))
            sys.stdout.flush()

        yield to_stdout
        return
    path = Path(target)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", buffering=1) as file:

        def to_file(reading: Reading, header: LiveHeader) -> None:
            file.write(json_line(reading, header))

        yield to_file


def _on_screen(
    powered: PoweredBoard,
    live: MonitorState,
    sink: Sink,
    *,
    scene: str,
    count: int | None,
    seconds: float | None,
) -> None:
    from tinyhost.monitor.screen import run_screen
    from tinyhost.monitor.watch import Watcher

    watcher = Watcher(powered, live, preview=True, scene=scene, on_reading=sink)
    run_screen(watcher, live, console(), count=count, seconds=seconds)


def _as_lines(
    powered: PoweredBoard,
    live: MonitorState,
    sink: Sink,
    *,
    scene: str,
    count: int | None,
    seconds: float | None,
    quiet: bool,
) -> None:
    """Write a line for each prediction on stdout, unless `quiet`; return after `count` or `seconds`."""
    import threading

    from tinyhost.monitor.lines import plain_line
    from tinyhost.monitor.watch import Watcher
    from tinyhost.tasks.advice import advice

    n_done = 0
    advised = ""

    def take(reading: Reading, header: LiveHeader) -> None:
        nonlocal n_done, advised
        if count is not None and n_done >= count:
            return
        n_done += 1
        sink(reading, header)
        is_worth_a_line = reading.detected or reading.status != "ok" or header.form.result != "events"
        if not quiet and is_worth_a_line:
            say(plain_line(reading, header))
        if (what := advice(reading, header)) and what != advised:
            advised = what
            note((reading.status, "yellow"), f": {what}")
        if n_done == count:
            watcher.stop.set()

    def tell(why: str) -> None:
        note((why, "yellow"), f"; waiting {_PATIENCE_S:.0f} s for it to come back")

    watcher = Watcher(powered, live, preview=False, scene=scene, patience_s=_PATIENCE_S, on_reading=take, on_wait=tell)
    timer = threading.Timer(seconds, watcher.stop.set) if seconds else None
    if timer is not None:
        timer.start()
    try:
        watcher.run()
    except BrokenPipeError:
        # The reader of the pipe has gone, which is a way to stop; Python must not flush into it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    finally:
        if timer is not None:
            timer.cancel()
