"""The view that a lowering function has of its operator, and the step that it returns."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from tinyhost.compiler.constants import ConstantPool
from tinyhost.compiler.graph import Graph, Operator, OptionValue, Tensor
from tinyhost.compiler.image_format import MAX_RANK, OperatorCode
from tinyhost.compiler.obstacles import INT8_ALONE, QUANTIZE
from tinyhost.errors import ModelError, UnsupportedModelError

__all__ = ["NO_SCRATCH_LIMIT", "OperatorContext", "Packable", "Step"]

_FAR = np.float32(2.0**31)
"""Outside of every range of quantized values."""
_HINT = "change or leave out this layer, and convert the model again"
_ACTIVATIONS = {0: "NONE", 1: "RELU", 2: "RELU_N1_TO_1", 3: "RELU6"}
_CLAMPS: dict[str, tuple[float | None, float | None]] = {
    "NONE": (None, None),
    "RELU": (0.0, None),
    "RELU_N1_TO_1": (-1.0, 1.0),
    "RELU6": (0.0, 6.0),
}

_AGAIN = "convert the model again"
_FOR_ONE = "with a batch of 1: keras.Input(shape, batch_size=1)"
NO_SCRATCH_LIMIT = 2**32


class Packable(Protocol):
    """A parameter struct of image_format."""

    def pack(self) -> bytes: ...


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the plan: an operator of the image, or a RESHAPE, which has no code and costs nothing."""

    code: OperatorCode | None
    inputs: tuple[int, ...]
    output: int
    params: Packable | None
    n_params: int = 0
    macs: int = 0
    scratch_bytes: int = 0
    """of the arena, while the step runs; the params have a field scratch_offset for its place"""
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class OperatorContext:
    """One operator of a graph, with checks that name it in their errors."""

    graph: Graph
    operator: Operator
    pool: ConstantPool
    where: str
    scratch_limit: int = NO_SCRATCH_LIMIT
    """bytes, beyond which a depthwise convolution takes fewer channels at once"""
    winograd: Container[int] = ()
    """outputs of convolutions that become WINOGRAD_CONV_2D where that gains"""

    @property
    def title(self) -> str:
        return f"{self.where}: operator {self.operator.index} ({self.operator.code})"

    def option(self, name: str) -> int:
        return int(self.operator.options[name])

    def real_option(self, name: str) -> float:
        value: OptionValue = self.operator.options[name]
        return float(value)

    def corrupt(self, what: str, *, expected: object, got: object, way_out: str = _AGAIN) -> ModelError:
        return ModelError(f"{self.title}: {what}: expected {expected}, got {got}", hint=way_out)

    def unsupported(self, what: str, *, way_out: str = _HINT) -> UnsupportedModelError:
        return UnsupportedModelError(f"{self.title}: {what}", hint=way_out)

    def counts(self, n_inputs: tuple[int, int], n_outputs: int = 1) -> None:
        """Raise unless the operator has between n_inputs[0] and n_inputs[1] inputs and n_outputs outputs."""
        if not n_inputs[0] <= len(self.operator.inputs) <= n_inputs[1]:
            raise self.corrupt("inputs", expected=f"{n_inputs[0]} to {n_inputs[1]}", got=len(self.operator.inputs))
        if len(self.operator.outputs) != n_outputs:
            raise self.corrupt("outputs", expected=n_outputs, got=len(self.operator.outputs))

    def input(self, position: int) -> Tensor:
        return self._tensor(f"input {position}", self.operator.inputs[position])

    def optional_input(self, position: int) -> Tensor | None:
        """Return the tensor, or None if it is omitted; converters also omit one by naming an empty tensor."""
        index = self.operator.inputs[position] if position < len(self.operator.inputs) else -1
        return self.graph.tensors[index] if index >= 0 and self.graph.tensors[index].n_elements else None

    def output(self) -> Tensor:
        return self._tensor("output", self.operator.outputs[0])

    def _tensor(self, what: str, index: int) -> Tensor:
        if index < 0:
            raise self.corrupt(what, expected="a tensor", got="none")
        tensor = self.graph.tensors[index]
        if tensor.n_elements == 0:
            raise self.unsupported(f"{what} {tensor.name!r} has no elements (shape {tensor.shape})")
        return tensor

    def int8(self, tensor: Tensor, *, rank: int | None = None) -> Tensor:
        """Return `tensor` if it is a per-tensor quantized int8 activation (of `rank`)."""
        return self.quantized(tensor, ("int8",), rank=rank)

    def int16(self, tensor: Tensor, *, rank: int | None = None) -> Tensor:
        """Return `tensor` if it is a per-tensor quantized int16 activation of zero point 0 (of `rank`)."""
        self.quantized(tensor, ("int16",), rank=rank)
        if tensor.zero_point != 0:
            raise self.unsupported(f"tensor {tensor.name!r} has zero point {tensor.zero_point}; supported: 0 of int16")
        return tensor

    def quantized(self, tensor: Tensor, dtypes: tuple[str, ...], *, rank: int | None = None) -> Tensor:
        """Return `tensor` if it has one of the dtypes and per-tensor quantization inside that type's range."""
        if tensor.dtype not in dtypes:
            way_out = {"float32": QUANTIZE, "int16": INT8_ALONE}.get(tensor.dtype, _HINT)
            raise self.unsupported(f"a tensor is {tensor.dtype}; supported: {' and '.join(dtypes)}", way_out=way_out)
        if tensor.quantization is None or len(tensor.quantization.scales) != 1:
            raise self.unsupported(f"tensor {tensor.name!r} has no per-tensor quantization")
        limits = np.iinfo(tensor.dtype)
        if not limits.min <= tensor.zero_point <= limits.max:
            raise self.corrupt(
                f"zero point of {tensor.name!r}", expected=f"{limits.min}..{limits.max}", got=tensor.zero_point
            )
        return self._of_rank(tensor, rank)

    def floats(self, tensor: Tensor, *, rank: int | None = None) -> Tensor:
        """Return `tensor` if it is float32 (of `rank`)."""
        if tensor.dtype != "float32":
            raise self.unsupported(f"a tensor is {tensor.dtype}; supported: float32 throughout")
        return self._of_rank(tensor, rank)

    def integers(self, tensor: Tensor) -> Tensor:
        """Return `tensor` if it is int32."""
        if tensor.dtype != "int32":
            raise self.unsupported(f"a tensor is {tensor.dtype}; supported: int32")
        return self._of_rank(tensor, None)

    def moved(self, tensor: Tensor) -> Tensor:
        """Return `tensor` if its elements are of a type that operators move as they are."""
        types = {"float32": self.floats, "int16": self.int16, "int32": self.integers}
        return types.get(tensor.dtype, self.int8)(tensor)

    def one_input(self, checked: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
        """Return input and output of an operator that keeps a tensor's shape, both `checked`."""
        self.counts((1, 1))
        data, output = checked(self.input(0)), checked(self.output())
        self.same_shape(output, data.shape)
        return data, output

    def broadcast_shape(self, a: Tensor, b: Tensor, output: Tensor) -> None:
        """Raise unless the inputs broadcast to the output's shape."""
        try:
            shape = np.broadcast_shapes(a.shape, b.shape)
        except ValueError:
            raise self.corrupt("input shapes", expected="shapes that broadcast", got=(a.shape, b.shape)) from None
        self.same_shape(output, shape)

    def _of_rank(self, tensor: Tensor, rank: int | None) -> Tensor:
        if len(tensor.shape) > MAX_RANK:
            raise self.unsupported(f"tensor {tensor.name!r} has shape {tensor.shape}; supported: rank up to {MAX_RANK}")
        if rank is not None and len(tensor.shape) != rank:
            raise self.unsupported(f"tensor {tensor.name!r} has shape {tensor.shape}; supported: rank {rank}")
        return tensor

    def constant(self, tensor: Tensor, dtype: str) -> np.ndarray[Any, np.dtype[Any]]:
        """Return the values of a constant tensor of `dtype`."""
        if tensor.dtype != dtype:
            raise self.unsupported(f"tensor {tensor.name!r} is {tensor.dtype}; supported: {dtype}")
        if tensor.data is None:
            raise self.unsupported(f"tensor {tensor.name!r} is computed; supported: a constant")
        return tensor.array()

    def same_shape(self, tensor: Tensor, shape: tuple[int, ...]) -> None:
        """Raise unless `tensor` has this shape."""
        if tensor.shape != shape:
            raise self.corrupt(
                f"shape of {tensor.name!r}", expected=shape, got=tensor.shape, way_out=f"{_AGAIN}, {_FOR_ONE}"
            )

    def _clamp(self) -> tuple[float | None, float | None]:
        """Return (min, max) of the fused activation."""
        code = self.option("FusedActivationFunction")
        if code not in _ACTIVATIONS:
            raise self.unsupported(f"fused activation {code}; supported: {', '.join(_ACTIVATIONS.values())}")
        return _CLAMPS[_ACTIVATIONS[code]]

    def float_activation_range(self, *, fused: bool = True) -> tuple[float, float]:
        """Return (min, max) of the fused activation, if there can be one; none is float32's range, as in TFLM."""
        low, high = self._clamp() if fused else (None, None)
        limits = np.finfo(np.float32)
        return float(limits.min) if low is None else low, float(limits.max) if high is None else high

    def activation_range(self, output: Tensor) -> tuple[int, int]:
        """Return (min, max) of the fused activation in the output's units, as TFLM rounds them."""
        low, high = self._clamp()
        least, most = int(np.iinfo(output.dtype).min), int(np.iinfo(output.dtype).max)
        bottom, top = self.quantize(low, output, least), self.quantize(high, output, most)
        if bottom > most or top < least:
            name = _ACTIVATIONS[self.option("FusedActivationFunction")]
            raise self.unsupported(f"fused activation {name} leaves nothing of the output's range")
        return max(least, bottom), min(most, top)

    @staticmethod
    def quantize(real: float | None, tensor: Tensor, default: int) -> int:
        """Return round(real / scale) + zero_point in float arithmetic, as TFLM does; `default` for None."""
        if real is None:
            return default
        with np.errstate(over="ignore"):
            ratio = float(np.clip(np.float32(real) / tensor.scale, -_FAR, _FAR))
        return tensor.zero_point + int(np.copysign(np.floor(abs(ratio) + 0.5), ratio))
