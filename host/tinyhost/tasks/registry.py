"""The tasks there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinyhost.tasks.anomaly import ANOMALY
from tinyhost.tasks.keywords import KEYWORDS
from tinyhost.tasks.vision import VISION

if TYPE_CHECKING:
    from tinyhost.protocol.messages import InfoReply
    from tinyhost.sensors.sensor import Sensor
    from tinyhost.tasks.contract import Task

__all__ = ["register", "task_of_app", "task_of_device", "tasks", "tasks_of_sensor"]

_TASKS: list[Task] = [VISION, KEYWORDS, ANOMALY]


def tasks() -> tuple[Task, ...]:
    """Return all tasks; of those with the same sensor, the usual one comes first."""
    return tuple(_TASKS)


def register(task: Task) -> None:
    """Add a task: from here on benchmarks, captures, live views and rigs know it."""
    _TASKS.append(task)


def tasks_of_sensor(sensor: Sensor) -> tuple[Task, ...]:
    """Return the tasks that have this sensor."""
    return tuple(task for task in _TASKS if task.sensor is sensor)


def task_of_app(app: str) -> Task | None:
    """Return the task of a firmware app."""
    return next((task for task in _TASKS if task.app == app), None)


def task_of_device(info: InfoReply) -> Task | None:
    """Return the task of a device: of its app, or, for an app that is not known, the usual one of its sensor."""
    return task_of_app(info.app) or next((task for task in _TASKS if task.sensor.code == info.sensor), None)
