"""The model compiler: an int8 .tflite becomes a model image (.thm) that the firmware's engine runs in place.

Stages, each a module: tflite_reader (bytes to Graph), passes (Graph to smaller Graph), lower (operators to steps),
planner (arena), writer (image). tflm_image wraps a .tflite for TensorFlow Lite Micro instead; engines goes from one to
the other.
"""

from __future__ import annotations

from tinyhost.compiler.api import CompiledModel, compile_tflite, load_model
from tinyhost.compiler.engines import image_for_tflm, plan_of
from tinyhost.compiler.image import EngineName, ModelImage, TensorInfo
from tinyhost.compiler.image_format import Task
from tinyhost.compiler.lower import SUPPORTED_OPERATORS
from tinyhost.compiler.report import BufferReport, ModelReport, OperatorReport
from tinyhost.compiler.settings import ModelSettings

__all__ = [
    "SUPPORTED_OPERATORS",
    "BufferReport",
    "CompiledModel",
    "EngineName",
    "ModelImage",
    "ModelReport",
    "ModelSettings",
    "OperatorReport",
    "Task",
    "TensorInfo",
    "compile_tflite",
    "image_for_tflm",
    "load_model",
    "plan_of",
]
