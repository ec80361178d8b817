"""The model compiler: an int8 .tflite becomes a model image (.thm) that the firmware's engine runs in place.

Stages, each a module: tflite_reader (bytes to Graph), canonical (Graph to one of fewer kinds of operators), passes (to
a smaller Graph), lower (operators to steps), planner (arena), writer (image). tflm_image wraps a .tflite for TensorFlow
Lite Micro instead; engines goes from one to the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinyhost.system.lazy import lazy_names

if TYPE_CHECKING:
    from tinyhost.compiler.api import CompiledModel, compile_tflite
    from tinyhost.compiler.app_defaults import AppDefaults
    from tinyhost.compiler.engines import image_for_tflm, image_for_tinyhost
    from tinyhost.compiler.image import EngineName, ModelImage
    from tinyhost.compiler.image_format import Task
    from tinyhost.compiler.operators import SUPPORTED_OPERATORS
    from tinyhost.compiler.report import BufferReport, ModelReport, OperatorReport
    from tinyhost.compiler.tensor_info import IoTensorInfo, TensorInfo

__all__ = [
    "SUPPORTED_OPERATORS",
    "AppDefaults",
    "BufferReport",
    "CompiledModel",
    "EngineName",
    "IoTensorInfo",
    "ModelImage",
    "ModelReport",
    "OperatorReport",
    "Task",
    "TensorInfo",
    "compile_tflite",
    "image_for_tflm",
    "image_for_tinyhost",
]

if not TYPE_CHECKING:  # a checker of types is to know the names, not to take any
    __getattr__ = lazy_names(
        __name__,
        {
            "AppDefaults": "app_defaults",
            "BufferReport": "report",
            "CompiledModel": "api",
            "EngineName": "image",
            "ModelImage": "image",
            "ModelReport": "report",
            "OperatorReport": "report",
            "SUPPORTED_OPERATORS": "operators",
            "Task": "image_format",
            "TensorInfo": "tensor_info",
            "IoTensorInfo": "tensor_info",
            "compile_tflite": "api",
            "image_for_tflm": "engines",
            "image_for_tinyhost": "engines",
        },
    )
