"""settings.json beside a .tflite: what the model says beside its network, for people to read and to change.

{"task": "kws", "threshold": 0.8, "kws": {"sample_rate_hz": 16000, "window_ms": 30, ...},
 "wake": {"threshold": 0.2, "hold_ms": 1000}}
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from tinyhost.compiler.anomaly_text import anomaly_from_names, anomaly_names
from tinyhost.compiler.app_defaults import AppDefaults, WakeDefaults
from tinyhost.compiler.image_format import MAX_WAKE_HOLD_MS, GestureParams, KwsParams, Task
from tinyhost.errors import ConfigError, ModelError
from tinyhost.system.json_reading import JsonObject, read_json

__all__ = ["SETTINGS_FILE", "read_settings_file", "settings_text"]

SETTINGS_FILE = "settings.json"
_ANOMALY, _WAKE = "anomaly", "wake"
_PARAMS: dict[Task, type[KwsParams | GestureParams]] = {Task.KWS: KwsParams, Task.GESTURES: GestureParams}
"""whose task data are whole numbers by name, under the task's"""
_MAX_BYTES = 1 << 20
_MAX_THRESHOLD = 1e6
_HINT = "fix it, or take the one that the training wrote, or delete it"
_WIDE = {"sample_rate_hz", "step_mhz"}
"""fields with 32 bits; the others have 16"""
_NEWER = ("n_coefficients",)
"""fields that files of earlier versions do not have, and mean 0"""


def settings_text(defaults: AppDefaults, task: Task) -> str:
    """Return the file's text: task, threshold, task data by name. Raises ModelError for task data that has no names."""
    content: dict[str, Any] = {"task": task.name.lower(), "threshold": defaults.threshold}
    if task in _PARAMS and defaults.task_data:
        content[task.name.lower()] = asdict(_PARAMS[task].unpack(defaults.task_data))
    elif task == Task.ANOMALY and defaults.task_data:
        content[_ANOMALY] = anomaly_names(defaults.task_data)
    elif defaults.task_data:
        raise ModelError(f"task data of {task.name} cannot be written as text", hint="ship the .thm file")
    if defaults.wake is not None:
        content[_WAKE] = asdict(defaults.wake)
    return _compact(json.dumps(content, indent=2)) + "\n"


def _compact(text: str) -> str:
    """Return JSON with each list of numbers on one line."""
    return re.sub(r"\[[\d\s,.-]+\]", lambda match: "[" + " ".join(match[0][1:-1].split()) + "]", text)


def read_settings_file(path: Path) -> tuple[Task, AppDefaults]:
    """Return what a settings.json says. Raises ConfigError, which names file, key and value, if it is otherwise."""
    content = read_json(path, max_bytes=_MAX_BYTES, error=ConfigError, hint=_HINT)
    content.check_keys(("task", "threshold"), (*(task.name.lower() for task in _PARAMS), _ANOMALY, _WAKE))
    task = Task[content.choice("task", [task.name.lower() for task in Task]).upper()]
    defaults = AppDefaults(threshold=content.number("threshold", -_MAX_THRESHOLD, _MAX_THRESHOLD))
    for own, params in _PARAMS.items():
        if (key := own.name.lower()) in content:
            defaults = replace(defaults, task_data=_params(params, content.object(key)).pack())
    if _ANOMALY in content:
        defaults = replace(defaults, task_data=anomaly_from_names(content.object(_ANOMALY)))
    if _WAKE in content:
        defaults = replace(defaults, wake=_wake(content.object(_WAKE)))
    return task, defaults


def _wake(values: JsonObject) -> WakeDefaults:
    values.check_keys(("threshold", "hold_ms"))
    threshold = values.number("threshold", -_MAX_THRESHOLD, _MAX_THRESHOLD)
    return WakeDefaults(threshold=threshold, hold_ms=values.integer("hold_ms", 0, MAX_WAKE_HOLD_MS))


def _params(kind: type[KwsParams | GestureParams], values: JsonObject) -> KwsParams | GestureParams:
    """Return the params; every field has to be there but those that are newer, and no other."""
    names = [field.name for field in fields(kind)]
    values.check_keys([name for name in names if name not in _NEWER], _NEWER if "sample_rate_hz" in names else ())
    given = [name for name in names if name in values]
    return kind(**{name: values.integer(name, 0, 2 ** (32 if name in _WIDE else 16) - 1) for name in given})
