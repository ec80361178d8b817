"""Which task a connected device runs, and what is shown and asked of it."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING

from tinyhost.errors import UsageError
from tinyhost.protocol.messages import SensorKind
from tinyhost.sensors.sensor import Sensor, sensor_of_code
from tinyhost.tasks.live import LiveForm
from tinyhost.tasks.registry import task_of_app, task_of_device, tasks_of_sensor

if TYPE_CHECKING:
    from tinyhost.device import Device
    from tinyhost.protocol.messages import InfoReply
    from tinyhost.tasks.contract import Task

__all__ = ["live_form", "task_with_sensor"]


def live_form(info: InfoReply, settings: Container[str]) -> LiveForm:
    """Return how a device's predictions are shown: as its task says, or, without one, as its sensor and settings tell.

    settings: their names.
    """
    task = task_of_app(info.app)
    if task is not None:
        return task.live
    if "raise_windows" in settings:
        return LiveForm(sees="motion", result="alarm")
    if info.sensor == SensorKind.CAMERA:
        return LiveForm(sees="picture", result="state")
    return LiveForm(sees="sound" if info.sensor == SensorKind.MICROPHONE else "motion", result="events")


def task_with_sensor(device: Device, sensor: Sensor, board: str) -> Task:
    """Return the task of a device that has this sensor. board: as --board takes it.

    Raises UsageError if the app on the device has another sensor.
    """
    info = device.info
    task, found = task_of_device(info), sensor_of_code(info.sensor)
    if task is not None and found is sensor:
        return task
    app = tasks_of_sensor(sensor)[0].app
    has = f"has the {found.name}" if found else f"has a sensor that this version does not know ({info.sensor})"
    raise UsageError(
        f"{device.name}: the app {info.app} {has}; the {sensor.name} belongs to {app}",
        hint=f"tinyhost flash {app} --board {board}" + (f", or ask for {found.option}, which it has" if found else ""),
    )
