"""`tinyhost capture`: labelled samples from the board's sensor into a data set."""

from __future__ import annotations

import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from tinyhost.cli.options import MAX_SECONDS, BoardOption, JsonOption, SceneOption, StateOption
from tinyhost.cli.output import status_console
from tinyhost.errors import TinyhostError, UsageError

if TYPE_CHECKING:
    from tinyhost.cli.capture_run import CaptureRun
    from tinyhost.device import Device

__all__ = ["register"]


class Sensor(str, Enum):
    """What can be captured."""

    CAMERA = "camera"
    MIC = "mic"
    IMU = "imu"


_APPS = {Sensor.CAMERA: ("camera", "vww"), Sensor.MIC: ("microphone", "kws"), Sensor.IMU: ("accelerometer", "anomaly")}
_COUNTS = {Sensor.CAMERA: 100, Sensor.MIC: 20}
_LONG_S = 60.0


def register(app: typer.Typer) -> None:
    """Add `capture`."""
    app.command("capture")(capture)


def capture(
    *,
    label: Annotated[
        Optional[str],  # noqa: UP045 (typer reads the annotation at run time on Python 3.10)
        typer.Option("--label", "-l", help="What the samples show or say; the name of their folder."),
    ] = None,
    sensor: Annotated[Sensor, typer.Option("--sensor", help="The sensor.")] = Sensor.CAMERA,
    count: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--count", "-n", min=1, help="How many samples to take in this run. Default: 100, mic 20."),
    ] = None,
    set_name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--set", help="Name of the data set, a folder in data/. Default: captured."),
    ] = None,
    data: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--data", help="Folder of the data set, instead of --set."),
    ] = None,
    every: Annotated[
        float,
        typer.Option("--every", min=0.0, max=MAX_SECONDS, help="camera: least time from one sample to the next, s."),
    ] = 0.0,
    background: Annotated[
        bool, typer.Option("--background", help="mic: record noise for --seconds, instead of words.")
    ] = False,
    seconds: Annotated[
        float, typer.Option("--seconds", min=1.0, max=MAX_SECONDS, help="imu, and mic with --background: how long.")
    ] = _LONG_S,
    countdown: Annotated[
        float, typer.Option("--countdown", min=0.0, max=3600.0, help="mic: from the prompt to the recording, s.")
    ] = 1.0,
    review: Annotated[
        Optional[bool],  # noqa: UP045
        typer.Option(
            "--review/--no-review", help="mic: ask for each word: keep, listen, again. Default: in a terminal."
        ),
    ] = None,
    speaker: Annotated[
        str, typer.Option("--speaker", help="mic: who speaks; keeps a person's clips on one side of a split.")
    ] = "",
    note: Annotated[str, typer.Option("--note", help="Kept with every sample.")] = "",
    board: BoardOption = None,
    scene: SceneOption = None,
    state: StateOption = None,
    json: JsonOption = None,
) -> None:
    """Capture labelled samples from the board's sensor.

    Whatever stops it, what was captured stays valid, and the next run goes on.
    """
    from tinyhost.cli.capture_clips import ClipRun
    from tinyhost.cli.capture_long import LongRun
    from tinyhost.cli.capture_pictures import PictureRun
    from tinyhost.datasets import validate_label
    from tinyhost.datasets.store import BACKGROUND_LABEL

    if set_name is not None and data is not None:
        raise UsageError("--set and --data both name the data set", hint="give one of them")
    if background and sensor is not Sensor.MIC:
        raise UsageError("--background is for sounds", hint="add --sensor mic")
    if label is None and not background:
        raise UsageError(
            "no --label: what do the samples show or say?", hint="--label person, --label yes, --label normal"
        )
    if label is not None:
        validate_label(label)
    if sensor is Sensor.IMU and count is not None:
        raise UsageError("--count is for pictures and words", hint="imu: --seconds says how long")
    n_wanted = count or _COUNTS.get(sensor, 1)
    run: CaptureRun
    if background:
        run = LongRun(sensor="microphone", label=BACKGROUND_LABEL, seconds=seconds)
    elif sensor is Sensor.IMU:
        run = LongRun(sensor="accelerometer", label=label or "", seconds=seconds)
    elif sensor is Sensor.MIC:
        run = ClipRun(
            label=label or "",
            count=n_wanted,
            countdown_s=countdown,
            review=_is_terminal() if review is None else review,
            speaker=speaker,
        )
    else:
        run = PictureRun(label=label or "", count=n_wanted, every_s=every)
    root = data if data is not None else Path("data") / validate_label(set_name or "captured", "--set")
    _run(run, sensor, root, board=board, scene=scene, state=state, note=note, json=json)


def _is_terminal() -> bool:
    """Return whether a person is there to be asked."""
    return sys.stdin.isatty() and status_console().is_terminal


def _run(
    run: CaptureRun,
    sensor: Sensor,
    root: Path,
    *,
    board: str | None,
    scene: str | None,
    state: Path | None,
    note: str,
    json: str | None,
) -> None:
    """Capture into `root` until all is there, or something ends it, which is raised once everything is told."""
    from tinyhost.cli.capture_run import ended_by, tell_recovery
    from tinyhost.cli.connect import connected
    from tinyhost.cli.output import write_json
    from tinyhost.datasets import DatasetStore
    from tinyhost.datasets.capture import CaptureDocument, origin_of

    failure: BaseException | None = None
    with connected(board, scene, state) as connection, DatasetStore(root) as store:
        _check_sensor(connection.device, sensor)
        tell_recovery(store, root)
        origin = origin_of(connection.device, sensor=_APPS[sensor][0], scene=connection.scene, note=note)
        try:
            if not run.capture(connection, store, origin):
                failure = KeyboardInterrupt()
        except (KeyboardInterrupt, TinyhostError) as error:
            failure = error
        run.tell_result(root, store.counts())
        if json:
            write_json(CaptureDocument.of(store, run.result(), origin, ended_by=ended_by(failure)), json)
    if failure is not None:
        raise failure


def _check_sensor(device: Device, sensor: Sensor) -> None:
    """Raise UsageError unless the board's app has this sensor."""
    from tinyhost.protocol.messages import SensorKind

    name, app = _APPS[sensor]
    if device.info.sensor != SensorKind[name.upper()]:
        raise UsageError(
            f"{device.name}: its app is {device.info.app}, which has no {name}",
            hint=f"tinyhost flash {app} --board {device.info.board}",
        )
