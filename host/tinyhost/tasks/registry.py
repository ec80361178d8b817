"""The registry of tasks; each task is imported on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tinyhost.protocol.messages import InfoReply
    from tinyhost.sensors.sensor import Sensor
    from tinyhost.tasks.contract import Task

__all__ = ["register", "task_of_app", "task_of_device", "tasks", "tasks_of_sensor"]

_SHIPPED = {
    "vww": ("vision", "VISION"),
    "kws": ("keywords", "KEYWORDS"),
    "anomaly": ("anomaly", "ANOMALY"),
    "gestures": ("gestures", "GESTURES"),
}
"""firmware app: the module of its task, and the task's name in it"""
_ADDED: list[Task] = []


def tasks() -> tuple[Task, ...]:
    """Return all tasks; among tasks with the same sensor, the default one comes first."""
    return (*map(_shipped, _SHIPPED), *_ADDED)


def register(task: Task) -> None:
    """Add a task: from here on benchmarks, captures, live views and rigs know it."""
    _ADDED.append(task)


def tasks_of_sensor(sensor: Sensor) -> tuple[Task, ...]:
    """Return the tasks that have this sensor."""
    return tuple(task for task in tasks() if task.sensor is sensor)


def task_of_app(app: str) -> Task | None:
    """Return the task of a firmware app."""
    if app in _SHIPPED:
        return _shipped(app)
    return next((task for task in _ADDED if task.app == app), None)


def task_of_device(info: InfoReply) -> Task | None:
    """Return the task of a device's app or, for an unknown app, the default task of its sensor."""
    return task_of_app(info.app) or next((task for task in tasks() if task.sensor.code == info.sensor), None)


def _shipped(app: str) -> Task:
    package, name = _SHIPPED[app]
    task: Task = getattr(import_module(f"tinyhost.tasks.{package}"), name)
    return task
