"""References for a device: the firmware's engine on this computer, or third-party code."""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from tinyhost import _firmware
from tinyhost.compiler import ModelImage, image_for_tinyhost
from tinyhost.compiler.image import image_engine
from tinyhost.compiler.image_format import IMAGE_ALIGNMENT
from tinyhost.compiler.int8_scores import UINT8_OFFSET
from tinyhost.compiler.tflite_reader import read_tflite
from tinyhost.errors import MissingToolError, ModelError, UsageError
from tinyhost.models.io_tensors import pack_tensors
from tinyhost.models.summary import ModelSummary
from tinyhost.system.installation import add_package

__all__ = [
    "HostReference",
    "LitertReference",
    "Reference",
    "ReferenceName",
    "TflmReference",
    "open_reference",
    "preprocess",
]

ReferenceName = Literal["host", "tflm", "litert"]
_TFLM_ARENA_BYTES = 4 << 20


class Reference(Protocol):
    """Runs one model: input bytes in, output bytes out."""

    name: ReferenceName

    def run(self, data: bytes) -> bytes:
        """Return the output tensor's bytes."""
        ...


class HostReference:
    """The firmware's own engine, compiled for this computer; it runs the models of a board with another engine, too."""

    name: ReferenceName = "host"

    def __init__(self, image: bytes) -> None:
        self.engine = _firmware.Engine()
        try:
            self.engine.load(image_for_tinyhost(ModelImage.parse(image)) if image_engine(image) == "tflm" else image)
        except _firmware.StatusError as error:
            raise ModelError(
                f"the engine on this computer rejects the image: {error}", hint="compile it again"
            ) from error

    def run(self, data: bytes) -> bytes:
        """Return the output tensor's bytes, from a cleared state."""
        self.engine.reset()
        self.engine.set_input(data)
        self.engine.invoke()
        return bytes(self.engine.output().tobytes())

    def steps(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield each operator's index and output bytes, run one by one, from a cleared state."""
        self.engine.reset()
        self.engine.set_input(data)
        for index in range(self.engine.n_operators):
            self.engine.invoke_range(index, index + 1)
            yield index, bytes(self.engine.operator_output(index).tobytes())


def preprocess(pixels: NDArray[np.uint8], model: ModelSummary) -> bytes:
    """Return the input tensor that the firmware makes of a picture, (height, width) grey levels.

    Raises ModelError if the model's input is not a picture.
    """
    shape = model.input.shape
    if len(shape) != 4 or shape[0] != 1 or shape[3] not in (1, 3) or model.input.dtype == "float32":
        raise ModelError(
            f"{model.name}: its input, {model.input.dtype} {'x'.join(map(str, shape))}, is not a picture",
            hint="give an input tensor (.npy, .bin) or --seed instead of a picture",
        )
    multiplier, offset = model.pixel_map
    # The binding saturates to int8. A uint8 input is the same map, 128 lower, moved back up.
    lower = UINT8_OFFSET if model.input.dtype == "uint8" else 0
    mapped = _firmware.preprocess_frame(
        np.ascontiguousarray(pixels), (shape[1], shape[2], shape[3]), (multiplier, offset - (lower << 16))
    )
    return (mapped.astype(np.int16) + lower).astype(model.input.dtype).tobytes()


class TflmReference:
    """TensorFlow Lite Micro, from its wheel: code that others wrote."""

    name: ReferenceName = "tflm"

    def __init__(self, tflite: bytes, n_outputs: int | None = None) -> None:
        """n_outputs: that are wanted; None: all."""
        runtime = _import(
            "tflite_micro", "tflite-micro>=0.dev0", "for Python 3.10 and 3.11 on x86-64", "litert"
        ).runtime
        with _refusals_of("tflite-micro"):
            self._interpreter = runtime.Interpreter.from_bytes(tflite, arena_size=_TFLM_ARENA_BYTES)
        self.output_type = np.dtype(self._interpreter.get_output_details(0)["dtype"])
        graph = read_tflite(tflite)
        self._inputs = [self._interpreter.get_input_details(index) for index in range(len(graph.inputs))]
        self._n_outputs = len(graph.outputs) if n_outputs is None else n_outputs

    def run(self, data: bytes) -> bytes:
        """Return the output tensor's bytes; as our engine, from a state of 0."""
        self._interpreter.reset()
        for index, values in enumerate(_input_arrays(data, self._inputs)):
            self._interpreter.set_input(values, index)
        with _refusals_of("tflite-micro"):
            self._interpreter.invoke()
        return pack_tensors([bytes(self._interpreter.get_output(index).tobytes()) for index in range(self._n_outputs)])


class LitertReference:
    """LiteRT (TensorFlow Lite) with its reference kernels, from which TensorFlow Lite Micro's descend."""

    name: ReferenceName = "litert"

    def __init__(self, tflite: bytes, n_outputs: int | None = None) -> None:
        """n_outputs: that are wanted; None: all."""
        litert = _import("ai_edge_litert.interpreter", "ai-edge-litert", "for Python 3.10 and later", "host")
        with _refusals_of("LiteRT"):
            self._interpreter = litert.Interpreter(
                model_content=tflite, experimental_op_resolver_type=litert.OpResolverType.BUILTIN_REF
            )
            self._interpreter.allocate_tensors()
        self._inputs = self._interpreter.get_input_details()
        self._outputs = self._interpreter.get_output_details()[:n_outputs]
        self.output_type = np.dtype(self._outputs[0]["dtype"])

    def run(self, data: bytes) -> bytes:
        """Return the output tensor's bytes; as our engine, from a state of 0."""
        self._interpreter.reset_all_variables()
        for details, values in zip(self._inputs, _input_arrays(data, self._inputs), strict=True):
            self._interpreter.set_tensor(details["index"], values)
        with _refusals_of("LiteRT"):
            self._interpreter.invoke()
        return pack_tensors([bytes(self._interpreter.get_tensor(item["index"]).tobytes()) for item in self._outputs])


def _input_arrays(data: bytes, inputs: Sequence[Mapping[str, Any]]) -> Iterator[NDArray[np.generic]]:
    """Yield the arrays of a model's inputs, which lie one after another (models/io_tensors.py)."""
    offset = 0
    for details in inputs:
        dtype, shape = np.dtype(details["dtype"]), tuple(details["shape"])
        n = math.prod(shape)
        yield np.frombuffer(data, dtype, n, offset).reshape(shape)
        offset += -(-n * dtype.itemsize // IMAGE_ALIGNMENT) * IMAGE_ALIGNMENT


class _Int8Scores:
    """A reference that gives uint8 where the image, which was compiled for an app, gives the same values as int8."""

    def __init__(self, reference: TflmReference | LitertReference) -> None:
        self.name = reference.name
        self._reference = reference

    def run(self, data: bytes) -> bytes:
        """Return the output tensor's bytes, as int8."""
        return bytes(value ^ UINT8_OFFSET for value in self._reference.run(data))


@contextmanager
def _refusals_of(which: str) -> Iterator[None]:
    """Raise ModelError for a model that a library refuses, when it is loaded or when it is run."""
    try:
        yield
    except (RuntimeError, ValueError) as error:
        raise ModelError(f"{which} does not run this model: {error}", hint="use --against host") from error


def _import(module: str, wheel: str, wheel_is_for: str, instead: ReferenceName) -> Any:
    """Return a module of a wheel that is no dependency; raises MissingToolError."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingToolError(
            f"{wheel.partition('>')[0]} is not installed (there are wheels {wheel_is_for})",
            hint=f"{add_package(wheel)}, or compare with --against {instead}",
        ) from error


def open_reference(name: ReferenceName, *, image: bytes, tflite: bytes | None) -> Reference:
    """Return the reference of that name; raises UsageError if it needs a .tflite and there is none."""
    if name == "host":
        return HostReference(image)
    if tflite is None:
        raise UsageError(
            f"--against {name} needs the .tflite file: a model image does not hold it",
            hint="name it with --model FILE.tflite",
        )
    parsed = ModelImage.parse(image) if image else None
    n_outputs = len(parsed.outputs) if parsed else None  # a cascade's image has the classes alone
    reference = TflmReference(tflite, n_outputs) if name == "tflm" else LitertReference(tflite, n_outputs)
    has_int8_scores = parsed is not None and parsed.output.dtype == "int8"
    return _Int8Scores(reference) if has_int8_scores and reference.output_type == np.uint8 else reference
