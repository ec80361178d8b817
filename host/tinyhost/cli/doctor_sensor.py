"""`tinyhost doctor camera|mic|imu`: the board's self-test of its sensor, and checks of the sensor's data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tinyhost.cli.output import console, note, progress_count, write_json
from tinyhost.errors import CheckFailedError

if TYPE_CHECKING:
    from tinyhost.cli.connect import Connection
    from tinyhost.cli.options import SensorName
    from tinyhost.device.examination import Examination
    from tinyhost.sensors import Sensor, SensorQuality

__all__ = ["examine"]

_HOLD_S = 0.7
_VIEW_ROWS = 22


def examine(
    name: SensorName, *, board: str | None, scene: str | None, state: Path | None, seconds: float, json: str | None
) -> None:
    """Test the sensor, show its data for `seconds`, and raise CheckFailedError for faults."""
    from tinyhost.cli.connect import connected
    from tinyhost.protocol.faults import fault_of
    from tinyhost.sensors import sensor_of_option
    from tinyhost.tasks.on_device import task_with_sensor
    from tinyhost.views.doctor import fault_lines

    sensor = sensor_of_option(name.value)
    with connected(board, scene, state, hold_s=_HOLD_S) as connection:
        task_with_sensor(connection.device, sensor, connection.board_name)
        done = _examined(connection, sensor, seconds, quiet=json == "-")
        if json != "-":
            for line in fault_lines(fault_of(connection.device.info)):
                console().print(line, soft_wrap=True)
        failure = connection.board.scene_failure
        if json:
            write_json(done.document(connection.device, board=connection.board_name, scene=scene), json)
    _judge(done, failure.message if failure else "")


def _examined(connection: Connection, sensor: Sensor, seconds: float, *, quiet: bool) -> Examination:
    """Examine the sensor, and print results as they arrive."""
    from tinyhost.device.examination import Examination, observe_sensor, self_test_results
    from tinyhost.views.doctor import check_table, failure_lines
    from tinyhost.views.sensor import remark_lines

    device, virtual = connection.device, connection.board.board.is_virtual
    with progress_count(f"testing the {sensor.name}") as progress:
        results = self_test_results(device, sensor, virtual=virtual, progress=progress)
    if not quiet:
        console().print(check_table(results))
        for line in failure_lines(results):
            console().print(line, soft_wrap=True)
    with _screen(f"what the {sensor.name} {sensor.verb}", quiet=quiet) as draw:
        quality = observe_sensor(device, sensor, results, seconds=seconds, virtual=virtual, on_news=draw)
    done = Examination(sensor=sensor, seconds=seconds, results=results, quality=quality)
    if not quiet and not console().is_terminal:
        for line in remark_lines(done.remarks):
            console().print(line, soft_wrap=True)
    return done


@contextmanager
def _screen(title: str, *, quiet: bool) -> Iterator[Callable[[SensorQuality], None]]:
    """Yield a function that draws an assessment in place, only in a terminal; the last drawing stays."""
    from rich.live import Live

    from tinyhost.views.sensor import quality_view

    out = console()
    if quiet or not out.is_terminal:
        yield lambda quality: None
        return
    with Live(console=out, auto_refresh=False, vertical_overflow="crop") as live:

        def draw(quality: SensorQuality) -> None:
            columns, rows = out.size.width, max(8, min(_VIEW_ROWS, out.size.height - 2))
            live.update(quality_view(quality, columns, rows, title=title), refresh=True)

        yield draw


def _judge(done: Examination, scene_failure: str) -> None:
    """Print that the sensor works, or raise CheckFailedError with the first problem."""
    name = done.sensor.name
    if not done.faults:
        note((f"the {name} works", "green"))
        return
    what, action = done.faults[0]
    because = f" ({scene_failure})" if scene_failure else ""
    more = f", and {len(done.faults) - 1} more" if len(done.faults) > 1 else ""
    raise CheckFailedError(
        f"the {name} has a problem: {what}{because}{more}", hint=action or "see the failed checks above"
    )
