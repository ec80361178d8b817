"""`tinyhost doctor camera|mic|imu`: the board's self-tests of its sensor, and what it sees."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinyhost.cli.output import console, progress_count, status_console, write_json
from tinyhost.errors import CheckFailedError, UsageError

if TYPE_CHECKING:
    from tinyhost.boards.base import PoweredBoard
    from tinyhost.device import Device, StreamItem
    from tinyhost.protocol.messages import InfoReply
    from tinyhost.sensors import CheckResult, Remark, Sensor, Sight

__all__ = ["SENSORS", "examine_sensor"]

SENSORS = ("camera", "mic", "imu")
_APPS = {"camera": "vww", "mic": "kws", "imu": "anomaly"}
_KINDS = {"camera": "camera", "mic": "microphone", "imu": "accelerometer"}
_HOLD_S = 0.7
_VIRTUAL_PERIOD_MS = 60
"""A scene's pictures could come faster than anybody can look."""
_DRAW_S = 0.1
_VIEW_ROWS = 22


@dataclass(frozen=True, kw_only=True)
class Examination:
    """What was asked for, and what came out."""

    sensor: Sensor
    board: str
    scene: str | None
    seconds: float
    results: list[CheckResult]
    sight: Sight | None

    @property
    def remarks(self) -> list[Remark]:
        """What there is to say about what the sensor sees."""
        return self.sight.remarks() if self.sight is not None else []

    @property
    def faults(self) -> list[tuple[str, str]]:
        """What is wrong, and what to do about each."""
        failed = [(result.meaning or result.title, result.action) for result in self.results if result.failed]
        return failed + [(remark.text, remark.action) for remark in self.remarks if remark.level == "bad"]


def examine_sensor(
    sensor: Sensor, *, board: str | None, scene: str | None, state: Path | None, seconds: float, json: str | None
) -> None:
    """Run the self-tests, show what the sensor sees for `seconds`, and raise CheckFailedError if something is wrong."""
    from tinyhost.boards import resolve
    from tinyhost.cli.connect import show_log
    from tinyhost.device import Device

    target = resolve(board, state=state)
    if board is None:
        status_console().print(f"board: {target.name}", style="dim")
    with target.power(scene=scene, hold_s=_HOLD_S) as powered, Device.open(powered, log=show_log) as device:
        _check_app(device, sensor, target.name)
        quiet = json == "-"
        results = _self_test(device, sensor, virtual=powered.board.is_virtual, quiet=quiet)
        sight = _look(device, sensor, powered, seconds, results, quiet=quiet)
        done = Examination(sensor=sensor, board=target.name, scene=scene, seconds=seconds, results=results, sight=sight)
        failure = powered.scene_failure
        if json:
            write_json(_document(done, device.info), json)
    _judge(done, failure.message if failure else "")


def _check_app(device: Device, sensor: Sensor, board: str) -> None:
    """Raise UsageError if the app on the board has another sensor."""
    from tinyhost.protocol.messages import SensorKind

    kinds = {SensorKind.CAMERA: "camera", SensorKind.MICROPHONE: "mic", SensorKind.ACCELEROMETER: "imu"}
    mine = next((name for kind, name in kinds.items() if kind == device.info.sensor), "")
    if mine == sensor:
        return
    has = f"has the {_KINDS[mine]}" if mine else f"has a sensor that this version does not know ({device.info.sensor})"
    raise UsageError(
        f"{device.name}: the app {device.info.app} {has}; the {_KINDS[sensor]} belongs to {_APPS[sensor]}",
        hint=f"tinyhost flash {_APPS[sensor]} --board {board}" + (f", or tinyhost doctor {mine}" if mine else ""),
    )


def _self_test(device: Device, sensor: Sensor, *, virtual: bool, quiet: bool) -> list[CheckResult]:
    """Run all parts and print what they find."""
    from tinyhost.sensors import explain
    from tinyhost.views.doctor import check_table, failure_lines

    with progress_count(f"testing the {_KINDS[sensor]}") as progress:
        results = [explain(finding, sensor, virtual=virtual) for finding in device.self_test(progress)]
    if not quiet:
        console().print(check_table(results))
        for line in failure_lines(results):
            console().print(line, soft_wrap=True)
    return results


def _look(
    device: Device, sensor: Sensor, powered: PoweredBoard, seconds: float, results: list[CheckResult], *, quiet: bool
) -> Sight | None:
    """Show what the sensor sees for some seconds; None if it is not there, or nobody wants to."""
    from tinyhost.protocol.messages import StreamId
    from tinyhost.views.sensor import remark_lines

    if seconds <= 0 or any(result.status in ("no_sensor", "sensor_timeout") for result in results):
        return None
    sight = _new_sight(sensor)
    stream = StreamId.CAMERA if sensor == "camera" else StreamId.SAMPLES
    period_ms = _VIRTUAL_PERIOD_MS if sensor == "camera" and powered.board.is_virtual else 0
    with device.stream(stream, period_ms=period_ms) as items, _screen(sight, quiet=quiet) as draw:
        end_s = time.monotonic() + seconds
        while (left_s := end_s - time.monotonic()) > 0:
            item = items.get(min(_DRAW_S, left_s))
            while item is not None:
                _add(sight, item)
                item = items.get(0)
            draw(f"what the {_KINDS[sensor]} sees" if sensor == "camera" else f"what the {_KINDS[sensor]} gives")
    if not quiet and not console().is_terminal:
        for line in remark_lines(sight.remarks()):
            console().print(line, soft_wrap=True)
    return sight


def _new_sight(sensor: Sensor) -> Sight:
    from tinyhost.sensors import MotionSight, PictureSight, SoundSight

    if sensor == "camera":
        return PictureSight()
    return SoundSight() if sensor == "mic" else MotionSight()


def _add(sight: Sight, item: StreamItem) -> None:
    from tinyhost.device import FrameItem, SamplesItem
    from tinyhost.sensors import MotionSight, PictureSight, SoundSight

    if isinstance(item, FrameItem) and isinstance(sight, PictureSight):
        sight.add(item.pixels, frame_index=item.frame_index, timestamp_us=item.timestamp_us)
    elif isinstance(item, SamplesItem) and isinstance(sight, SoundSight) and item.samples.shape[1] == 1:
        sight.add(
            item.samples[:, 0],
            position=item.position,
            timestamp_us=item.timestamp_us,
            rate_hz=item.rate_hz,
            lost=item.lost,
        )
    elif isinstance(item, SamplesItem) and isinstance(sight, MotionSight) and item.samples.shape[1] == 3:
        sight.add(
            item.samples,
            position=item.position,
            timestamp_us=item.timestamp_us,
            rate_hz=item.rate_hz,
            lost=item.lost,
            scale=item.scale,
        )


@contextmanager
def _screen(sight: Sight, *, quiet: bool) -> Iterator[Any]:
    """Yield what draws the sight, with a title, in place; the last drawing stays. No terminal: nothing is drawn."""
    from rich.live import Live

    from tinyhost.views.sensor import sight_view

    out = console()
    if quiet or not out.is_terminal:
        yield lambda title: None
        return
    with Live(console=out, auto_refresh=False, vertical_overflow="crop") as live:

        def draw(title: str) -> None:
            columns, rows = out.size.width, max(8, min(_VIEW_ROWS, out.size.height - 2))
            live.update(sight_view(sight, columns, rows, title=title), refresh=True)

        yield draw


def _document(done: Examination, info: InfoReply) -> dict[str, Any]:
    sight = done.sight
    seen: dict[str, Any] | None = None
    if sight is not None:
        seen = {
            "seconds": done.seconds,
            "items": sight.n_items,
            "remarks": [asdict(remark) for remark in done.remarks],
            **{kind: sight.document() if kind == sight.sensor else None for kind in _KINDS.values()},
        }
    return {
        "schema": "tinyhost.sensor_check/1",
        "ok": not done.faults,
        "board": info.board,
        "name": done.board,
        "revision": info.revision,
        "app": info.app,
        "firmware_version": info.firmware_version,
        "build_id": info.build_id,
        "sensor": done.sensor,
        "scene": done.scene,
        "checks": [{key: value for key, value in asdict(result).items() if key != "title"} for result in done.results],
        "seen": seen,
    }


def _judge(done: Examination, scene_failure: str) -> None:
    """Say that all is well, or raise CheckFailedError with the first thing that is not."""
    kind = _KINDS[done.sensor]
    if not done.faults:
        status_console().print(f"[green]the {kind} is well[/]")
        return
    what, action = done.faults[0]
    because = f" ({scene_failure})" if scene_failure else ""
    more = f", and {len(done.faults) - 1} more" if len(done.faults) > 1 else ""
    raise CheckFailedError(
        f"the {kind} is not well: {what}{because}{more}", hint=action or "see the failed checks above"
    )
