"""What a device is compared with: the firmware's engine on this computer, or TensorFlow Lite Micro's wheel."""

from __future__ import annotations

import importlib
from typing import Any, Literal, Protocol

import numpy as np

from tinyhost.errors import MissingToolError, ModelError, UsageError

__all__ = ["HostReference", "Reference", "ReferenceName", "TflmReference", "open_reference"]

ReferenceName = Literal["host", "tflm"]


class Reference(Protocol):
    """Runs one model: input bytes in, output bytes out."""

    name: ReferenceName

    def run(self, data: bytes) -> bytes:
        """Return the output tensor's bytes."""
        ...


class HostReference:
    """The firmware's engine, compiled for this computer."""

    name: ReferenceName = "host"

    def __init__(self, image: bytes) -> None:
        from tinyhost import _firmware

        self._engine = _firmware.Engine(image)

    def run(self, data: bytes) -> bytes:
        """Return the output tensor's bytes."""
        return bytes(self._engine.invoke(data))


class TflmReference:
    """TensorFlow Lite Micro, from its wheel: code that others wrote."""

    name: ReferenceName = "tflm"

    def __init__(self, tflite: bytes) -> None:
        try:
            runtime: Any = importlib.import_module("tflite_micro.runtime")
        except ImportError as error:
            raise MissingToolError(
                "the tflite-micro wheel is not installed (it exists for Python 3.10 and 3.11 on x86-64)",
                hint="pip install 'tinyhost[dev]', or compare with --against host",
            ) from error
        try:
            self._interpreter = runtime.Interpreter.from_bytes(tflite)
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"tflite-micro does not run this model: {error}", hint="use --against host") from error
        details = self._interpreter.get_input_details(0)
        self._shape, self._type = tuple(details["shape"]), details["dtype"]

    def run(self, data: bytes) -> bytes:
        """Return the output tensor's bytes."""
        self._interpreter.set_input(np.frombuffer(data, self._type).reshape(self._shape), 0)
        self._interpreter.invoke()
        return bytes(self._interpreter.get_output(0).tobytes())


def open_reference(name: ReferenceName, *, image: bytes, tflite: bytes | None) -> Reference:
    """Return the reference of that name; raises UsageError if it needs a .tflite and there is none."""
    if name == "host":
        return HostReference(image)
    if tflite is None:
        raise UsageError(
            "--against tflm needs the .tflite file: a model image does not hold it", hint="name it with --model FILE.tflite"
        )
    return TflmReference(tflite)
