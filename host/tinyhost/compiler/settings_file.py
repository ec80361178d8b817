"""settings.json beside a .tflite: what the model says beside its network, for people to read and to change.

{"task": "kws", "threshold": 0.8, "kws": {"sample_rate_hz": 16000, "window_ms": 30, ...}}
"""

from __future__ import annotations

import json
import re
import struct
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from tinyhost.compiler.anomaly_text import anomaly_from_names, anomaly_names
from tinyhost.compiler.app_defaults import AppDefaults
from tinyhost.compiler.image_format import KwsParams, Task
from tinyhost.errors import ModelError, UsageError

__all__ = ["SETTINGS_FILE", "read_settings_file", "settings_text"]

SETTINGS_FILE = "settings.json"
_KWS, _ANOMALY = "kws", "anomaly"


def settings_text(defaults: AppDefaults, task: Task) -> str:
    """Return the file's text: task, threshold, task data by name. Raises ModelError for task data that has no names."""
    content: dict[str, Any] = {"task": task.name.lower(), "threshold": defaults.threshold}
    if task == Task.KWS and defaults.task_data:
        content[_KWS] = asdict(KwsParams.unpack(defaults.task_data))
    elif task == Task.ANOMALY and defaults.task_data:
        content[_ANOMALY] = anomaly_names(defaults.task_data)
    elif defaults.task_data:
        raise ModelError(f"task data of {task.name} cannot be written as text", hint="ship the .thm file")
    return _compact(json.dumps(content, indent=2)) + "\n"


def _compact(text: str) -> str:
    """Return JSON with each list of numbers on one line."""
    return re.sub(r"\[[\d\s,.-]+\]", lambda match: "[" + " ".join(match[0][1:-1].split()) + "]", text)


def read_settings_file(path: Path) -> tuple[Task, AppDefaults]:
    """Return what a settings.json says. Raises ModelError, with what is wrong, if it is not as documented."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        task = Task[str(content["task"]).upper()]
        defaults = AppDefaults(threshold=float(content["threshold"]))
        if _KWS in content:
            defaults = replace(defaults, task_data=_kws_params(content[_KWS]).pack())
        if _ANOMALY in content:
            defaults = replace(defaults, task_data=anomaly_from_names(content[_ANOMALY]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, struct.error, UsageError) as error:
        raise ModelError(
            f"{path}: not the settings of a model: {type(error).__name__}: {error}",
            hint="delete it, or take the one that the training wrote",
        ) from error
    return task, defaults


def _kws_params(values: dict[str, Any]) -> KwsParams:
    """Return the params; every field has to be there, and no other."""
    names = {field.name for field in fields(KwsParams)}
    if set(values) != names:
        raise ValueError(f"{_KWS}: expected the keys {', '.join(sorted(names))}; got {', '.join(sorted(values))}")
    return KwsParams(**{name: int(value) for name, value in values.items()})
