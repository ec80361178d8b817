"""The task of a connected device, and whether a model suits it."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from typing import TYPE_CHECKING

from tinyhost.errors import UnsupportedModelError, UsageError
from tinyhost.models.sampling import misfit_of
from tinyhost.motion.sensor import SENSORS
from tinyhost.protocol.limits import APP_LIMITS
from tinyhost.protocol.messages import SensorKind, Setting
from tinyhost.sensors.sensor import Sensor, sensor_of_code
from tinyhost.tasks.live import LiveForm
from tinyhost.tasks.registry import task_of_app, task_of_device, tasks, tasks_of_sensor

if TYPE_CHECKING:
    from tinyhost.compiler import TensorInfo
    from tinyhost.device import Device
    from tinyhost.models.sampling import SensorSampling
    from tinyhost.models.summary import ModelSummary
    from tinyhost.protocol.messages import InfoReply
    from tinyhost.tasks.contract import Task
from tinyhost.system.wording import counted

__all__ = ["check_model", "live_form", "retrain_hint", "task_with_sensor"]

_GENERIC = "generic"
_NEWER = {Setting.UNSURE_MARGIN, Setting.WAKE_THRESHOLD, Setting.WAKE_HOLD_MS}
"""settings that older firmware does not have"""


def live_form(info: InfoReply, settings: Container[str], output: TensorInfo | None = None) -> LiveForm:
    """Return how a device's predictions are shown: by its task, or else by a task with its sensor and settings.

    settings: the device's settings by name. output: of the active model, if there is one: a heat map of pictures shows
    objects. Without such a task its sensor decides.
    """
    form = _form_of_app(info, settings)
    shows_objects = form.sees == "picture" and output is not None and output.is_heat_map
    return replace(form, result="objects") if shows_objects else form


def _form_of_app(info: InfoReply, settings: Container[str]) -> LiveForm:
    task = task_of_app(info.app) or _task_like(info, settings)
    if task is not None:
        return task.live
    if info.sensor == SensorKind.CAMERA:
        return LiveForm(sees="picture", result="state")
    return LiveForm(sees="sound" if info.sensor == SensorKind.MICROPHONE else "motion", result="events")


def _task_like(info: InfoReply, settings: Container[str]) -> Task | None:
    of_sensor = (task for task in tasks() if task.sensor.code == info.sensor)
    needed = ((task, task.settings - _NEWER) for task in of_sensor)
    return next((task for task, names in needed if all(each.name.lower() in settings for each in names)), None)


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


def check_model(model: ModelSummary, app: str, *, board: str, sensor: SensorSampling | None = None) -> None:
    """Raise UnsupportedModelError if an app cannot run a model, even if it could be stored.

    A model of no app in particular (generic) may be any app's that can make its input. An app of ours that belongs to
    no task measures whatever model it is given. sensor: of the board; None: it is not known.
    """
    task = task_of_app(app)
    if task is None and app in APP_LIMITS:
        return
    why, wanted = f"one for {model.task}", model.task
    if model.task in (_GENERIC, app):
        why, wanted = task.misfit(model) if task is not None else "", app
    if len(model.inputs) + len(model.outputs) > 2:
        ends = f"{counted(len(model.inputs), 'input')} and {counted(len(model.outputs), 'output')}"
        why, wanted = f"one with {ends}; the app supports one of each", app
    if why:
        is_ours = wanted == app
        other = "train one: tinyhost train" if is_ours else f"flash the app that it is for: tinyhost flash {wanted}"
        raise UnsupportedModelError(
            f"{board}: expected a model for its app {app}, got {model.name}, which is {why}",
            hint=f"{other}; tinyhost bench can measure it anyway; push --force stores it anyway",
        )
    if misfit := misfit_of(model.sampling, sensor):
        raise UnsupportedModelError(
            f"{board}: the model {model.name} {misfit}",
            hint=f"{retrain_hint(sensor)}; tinyhost bench can measure it anyway; push --force stores it anyway",
        )


def retrain_hint(sensor: SensorSampling | None) -> str:
    """Return how to get a model for a board's samples."""
    hint = "train on recordings of this board: tinyhost capture, then tinyhost train"
    known = [each.name for each in SENSORS.values() if sensor and abs(each.rate_hz - sensor.rate_hz) < 1.0]
    return f"{hint}; for the simulated machine: tinyhost train anomaly --machine --sensor {known[0]}" if known else hint
