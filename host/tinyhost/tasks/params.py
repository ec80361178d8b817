"""The task data of a model image: how its app makes the input and reads the scores."""

from __future__ import annotations

import struct
from typing import TypeVar

from tinyhost.compiler import ModelImage
from tinyhost.compiler.cascade import cascade_of
from tinyhost.compiler.image_format import GestureParams, KwsParams
from tinyhost.errors import ModelError

__all__ = ["task_params"]

Params = TypeVar("Params", KwsParams, GestureParams)


def task_params(image: bytes, default: Params) -> Params:
    """Return the task data of a model image; `default`, as in the firmware, if it has none. Raises ModelError."""
    parsed = ModelImage.parse(image)
    data = parsed.task_data
    if not data:
        return default
    try:
        return default.unpack(data[: default.SIZE] if cascade_of(parsed) else data)
    except struct.error as error:
        name = type(default).__name__
        raise ModelError(f"task data: expected {default.SIZE} bytes of {name}, got {len(data)}") from error
