"""`tinyhost monitor`: live predictions."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tinyhost.cli.declare import Command, make_command, option
from tinyhost.cli.options import MAX_SECONDS, BoardOption, JsonOption, SceneOption, StateOption
from tinyhost.cli.output import console, note, say, warn
from tinyhost.errors import CheckFailedError
from tinyhost.system.wording import counted

if TYPE_CHECKING:
    from tinyhost.boards.base import PoweredBoard
    from tinyhost.cli.monitor_taps import Sink, Tap
    from tinyhost.monitor.state import MonitorState
    from tinyhost.tasks.live import LiveHeader, Reading


__all__ = ["command"]

_PATIENCE_S = 30.0
_SCREEN_HOLD_S = 1.0


def command() -> Command:
    """Return `monitor`."""
    return make_command(
        monitor,
        examples=(
            "tinyhost monitor --scene pictures/",
            "tinyhost monitor --scene speech:yes,no --plain",
            "tinyhost monitor --scene 'machine:imbalance?start=3' --count 100 --json -",
        ),
    )


def monitor(
    *,
    count: Annotated[
        int | None,
        option("--count", "-n", min=1, help="Stop after this many predictions."),
    ] = None,
    seconds: Annotated[
        float | None,
        option("--seconds", "-s", min=0.1, max=MAX_SECONDS, help="Stop after this many seconds."),
    ] = None,
    hold: Annotated[
        float | None,
        option(
            "--hold",
            min=0.0,
            max=MAX_SECONDS,
            help="How long a virtual camera shows each picture, in seconds. Default: 1 on the screen, otherwise 0.",
        ),
    ] = None,
    plain: Annotated[
        bool,
        option(
            "--plain",
            help="Print lines even in a terminal: one for each prediction, or for each word of a keyword spotter.",
        ),
    ] = False,
    keep_unsure: Annotated[
        Path | None,
        option(
            "--keep-unsure",
            metavar="SET",
            help="Store the pictures, or windows of sound or motion, that the model is unsure of in this data set.",
        ),
    ] = None,
    margin: Annotated[
        float,
        option(
            min=0.0,
            help="With --keep-unsure: store a sample if its two best scores differ by less than this (anomaly: if its "
            "score is closer to the threshold).",
        ),
    ] = 0.2,
    at_most: Annotated[
        int, option("--at-most", min=1, help="With --keep-unsure: the maximum number of samples to store.")
    ] = 100,
    against: Annotated[
        Path | None,
        option(
            metavar="RUN",
            help="Compare the sensor's samples with those that this run was trained on, or with a data set: drift.",
        ),
    ] = None,
    board: BoardOption = None,
    scene: SceneOption = None,
    state: StateOption = None,
    json: JsonOption = None,
) -> None:
    """Show live predictions and the sensor's data.

    The screen also shows timings and the link's counters; press q to quit. With `--json -`, one line is written for
    each prediction, for other programs.
    """
    from tinyhost.cli.connect import chosen_board
    from tinyhost.cli.monitor_taps import drift_watch, taps
    from tinyhost.monitor.state import MonitorState

    on_screen = console().is_terminal and not plain and json != "-"
    target = chosen_board(board, scene, state)
    hold_s = hold if hold is not None else _SCREEN_HOLD_S if on_screen else 0.0
    live, left = MonitorState(), False
    try:
        with (
            target.power(scene=scene, hold_s=hold_s) as powered,
            _json_sink(json, live) as write,
            taps(write, live, drift_watch(against), keep_unsure, margin=margin, at_most=at_most) as (sink, on_sample),
        ):
            if on_screen:
                left = _on_screen(powered, live, sink, on_sample, scene=scene or "", count=count, seconds=seconds)
            else:
                left = _as_lines(
                    *(powered, live, sink, on_sample),
                    scene=scene or "",
                    count=count,
                    seconds=seconds,
                    quiet=json == "-",
                )
    finally:
        _tell_result(live)
    if not left:
        _check_predicted(live, target.name)


def _tell_result(live: MonitorState) -> None:
    """Print the number of predictions, and of failures to predict."""
    final = live.snapshot()
    if not final.header:
        return
    failed = "".join(f", {counted(n, 'time')} none: {status}" for status, n in live.failures.items())
    note((f"{counted(live.n_predictions, 'prediction')} in {final.seconds:.1f} s{failed}", "dim"))
    if final.drift is not None:
        features = final.drift.features
        said = "too few samples to tell" if features is None else "none" if not features else ""
        note(f"drift, of {counted(final.drift.n, 'sample')}: {said or '; '.join(map(str, features or ()))}")


def _check_predicted(live: MonitorState, board: str) -> None:
    """Raise CheckFailedError unless there was a prediction at least."""
    from tinyhost.tasks.advice import advice

    final = live.snapshot()
    if live.n_predictions:
        return
    if final.reading is None or final.header is None:
        raise CheckFailedError(
            f"{board}: no prediction arrived in {final.seconds:.1f} s",
            hint="watch for longer; if none arrives at all: tinyhost doctor camera (or mic, imu)",
        )
    raise CheckFailedError(
        f"{board}: expected predictions, got none: {final.reading.status} ({counted(final.n_readings, 'time')})",
        hint=advice(final.reading, final.header),
    )


@contextmanager
def _json_sink(target: str | None, live: MonitorState) -> Iterator[Sink]:
    """Yield a function that writes each prediction as a line of JSON; one that does nothing without a target."""
    if target is None:
        yield lambda reading, header: None
        return
    from tinyhost.monitor.lines import json_line

    if target == "-":

        def to_stdout(reading: Reading, header: LiveHeader) -> None:
            sys.stdout.write(json_line(reading, header, live.drift))
            sys.stdout.flush()

        yield to_stdout
        return
    from tinyhost.system.durable import LineFile

    with closing(LineFile(Path(target))) as file:
        yield lambda reading, header: file.write(json_line(reading, header, live.drift))


def _on_screen(
    powered: PoweredBoard,
    live: MonitorState,
    sink: Sink,
    on_sample: Tap | None,
    *,
    scene: str,
    count: int | None,
    seconds: float | None,
) -> bool:
    """Show the screen; return whether somebody left it."""
    from tinyhost.monitor.screen import run_screen
    from tinyhost.monitor.watch import Watcher

    watcher = Watcher(powered, live, preview=True, scene=scene, on_reading=sink, on_sample=on_sample)
    return run_screen(watcher, live, console(), count=count, seconds=seconds)


class _Lines:
    """Output without a screen: a line on stdout for each prediction, unless `quiet`, and remarks."""

    def __init__(self, sink: Sink, *, count: int | None, quiet: bool) -> None:
        self.is_done = False
        self._sink = sink
        self._left = count
        self._quiet = quiet
        self._advised = ""

    def take(self, reading: Reading, header: LiveHeader) -> None:
        """Write one prediction; after the last one nothing more."""
        from tinyhost.monitor.lines import plain_line
        from tinyhost.tasks.advice import advice

        if self.is_done:
            return
        self._sink(reading, header)
        is_worth_a_line = reading.detected or reading.status != "ok" or header.form.result != "events"
        if not self._quiet and is_worth_a_line:
            say(plain_line(reading, header))
        if (what := advice(reading, header)) and what != self._advised:
            self._advised = what
            note((reading.status, "yellow"), f": {what}")
        if self._left is not None:
            self._left -= 1
            self.is_done = self._left <= 0


def _as_lines(
    powered: PoweredBoard,
    live: MonitorState,
    sink: Sink,
    on_sample: Tap | None,
    *,
    scene: str,
    count: int | None,
    seconds: float | None,
    quiet: bool,
) -> bool:
    """Write lines until `count` or `seconds` are over; return whether their reader has left."""
    import threading

    from tinyhost.device.timing import timeout_scale
    from tinyhost.monitor.watch import Watcher

    lines, patience_s = _Lines(sink, count=count, quiet=quiet), _PATIENCE_S * timeout_scale()

    def take(reading: Reading, header: LiveHeader) -> None:
        lines.take(reading, header)
        if lines.is_done:
            watcher.stop.set()

    watcher = Watcher(
        *(powered, live),
        preview=False,
        scene=scene,
        patience_s=patience_s,
        on_reading=take,
        on_sample=on_sample,
        on_wait=lambda why: note((why, "yellow"), f"; waiting {patience_s:.3g} s for it to come back"),
        on_restart=warn,
    )
    timer = threading.Timer(seconds, watcher.stop.set) if seconds else None
    if timer is not None:
        timer.start()
    try:
        watcher.run()
    except BrokenPipeError:
        # The reader of the pipe has gone, which is a way to stop; Python must not flush into it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return True
    finally:
        if timer is not None:
            timer.cancel()
    return False
