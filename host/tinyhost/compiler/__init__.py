"""The model compiler: an int8 .tflite becomes a model image (.thm) that the firmware's engine runs in place.

Stages, each a module: tflite_reader (bytes to Graph), passes (Graph to smaller Graph), lower (operators to steps),
planner (arena), writer (image).
"""

from __future__ import annotations

from tinyhost.compiler.api import CompiledModel, compile_tflite, load_model
from tinyhost.compiler.image import ModelImage, TensorInfo
from tinyhost.compiler.image_format import Task
from tinyhost.compiler.lower import SUPPORTED_OPERATORS
from tinyhost.compiler.report import BufferReport, ModelReport, OperatorReport
from tinyhost.compiler.settings import ModelSettings

__all__ = [
    "SUPPORTED_OPERATORS",
    "BufferReport",
    "CompiledModel",
    "ModelImage",
    "ModelReport",
    "ModelSettings",
    "OperatorReport",
    "Task",
    "TensorInfo",
    "compile_tflite",
    "load_model",
]
