"""CONCATENATION, PAD, copies and RESHAPE: bytes that move, or do not."""

from __future__ import annotations

import numpy as np

from tinyhost.compiler.image_format import (
    MAX_COPY_RANK,
    MAX_INPUTS,
    ConcatenationParams,
    OperatorCode,
    PadParams,
    StridedCopyParams,
)
from tinyhost.compiler.lower.context import OperatorContext, Step

__all__ = ["lower_concatenation", "lower_pad", "lower_reshape", "lower_strided_copy"]


def lower_concatenation(context: OperatorContext) -> Step:
    """CONCATENATION of tensors that share the output's quantization."""
    context.counts((1, MAX_INPUTS))
    output = context.moved(context.output())
    inputs = [context.moved(context.input(i)) for i in range(len(context.operator.inputs))]
    if context.option("FusedActivationFunction") != 0:
        raise context.unsupported("fused activation; supported: NONE")
    rank = len(output.shape)
    axis = context.option("Axis") + (rank if context.option("Axis") < 0 else 0)
    if not 0 <= axis < rank:
        raise context.corrupt("axis", expected=f"a dimension of {output.shape}", got=context.option("Axis"))
    total = 0
    for tensor in inputs:
        if len(tensor.shape) != rank:
            raise context.corrupt(f"shape of {tensor.name!r}", expected=f"rank {rank}", got=tensor.shape)
        context.same_shape(tensor, (*output.shape[:axis], tensor.shape[axis], *output.shape[axis + 1 :]))
        if tensor.dtype != output.dtype or tensor.scale != output.scale or tensor.zero_point != output.zero_point:
            raise context.unsupported(
                f"input {tensor.name!r} has another quantization than the output; supported: the same"
            )
        total += tensor.shape[axis]
    if total != output.shape[axis]:
        raise context.corrupt(f"dimension {axis} of the output", expected=total, got=output.shape[axis])
    return Step(
        code=OperatorCode.CONCATENATION,
        inputs=tuple(tensor.index for tensor in inputs),
        output=output.index,
        params=ConcatenationParams(axis=axis),
        name=output.name,
    )


def lower_pad(context: OperatorContext) -> Step:
    """PAD with the output's zero point, or the value that canonical/pads.py found; floats with 0."""
    context.counts((2, 2))
    data, output = context.moved(context.input(0)), context.moved(context.output())
    if data.dtype != output.dtype:
        raise context.corrupt(f"type of {output.name!r}", expected=data.dtype, got=output.dtype)
    zero_point = output.zero_point if output.dtype == "int8" else 0
    rank = len(data.shape)
    paddings = context.constant(context.input(1), "int32").reshape(-1).tolist()
    if len(paddings) != 2 * rank or min(paddings, default=0) < 0 or max(paddings, default=0) > 0xFFFF:
        raise context.corrupt("paddings", expected=f"{rank} pairs of 0..65535", got=paddings[:8])
    before, after = paddings[0::2], paddings[1::2]
    context.same_shape(output, tuple(b + dim + a for b, dim, a in zip(before, data.shape, after, strict=True)))
    value = int(context.operator.options.get("PadValue", zero_point))
    if value and output.dtype == "int16":
        raise context.unsupported(f"padding with {value}; supported: 0 for int16")
    params = PadParams(before=(0,) * (4 - rank) + tuple(before), value=value)
    return Step(code=OperatorCode.PAD, inputs=(data.index,), output=output.index, params=params, name=output.name)


def lower_reshape(context: OperatorContext) -> Step:
    """RESHAPE: another view of the same bytes; the new shape is the output's."""
    context.counts((1, 2))
    data, output = context.input(0), context.output()
    if data.dtype != output.dtype or data.n_elements != output.n_elements:
        raise context.corrupt(
            f"tensor {output.name!r}",
            expected=f"{data.n_elements} x {data.dtype}",
            got=f"{output.n_elements} x {output.dtype}",
        )
    if data.data is not None:
        raise context.unsupported("its input is a constant; supported: a computed tensor")
    return Step(code=None, inputs=(data.index,), output=output.index, params=None, name=output.name)


def lower_strided_copy(context: OperatorContext) -> Step:
    """STRIDED_COPY, which canonical/copies.py writes; its second input holds offset, sizes and strides, in elements."""
    data, output = context.moved(context.input(0)), context.moved(context.output())
    if data.dtype != output.dtype:
        raise context.corrupt(f"type of {output.name!r}", expected=data.dtype, got=output.dtype)
    offset, *numbers = context.constant(context.input(1), "int32").tolist()
    dims, strides = numbers[:MAX_COPY_RANK], numbers[MAX_COPY_RANK:]
    element_bytes = np.dtype(data.dtype).itemsize
    if element_bytes > 1:
        dims, strides = _in_bytes(context, dims, strides, element_bytes)
    params = StridedCopyParams(offset=offset * element_bytes, dims=tuple(dims), strides=tuple(strides))
    return Step(
        code=OperatorCode.STRIDED_COPY, inputs=(data.index,), output=output.index, params=params, name=output.name
    )


def _in_bytes(
    context: OperatorContext, dims: list[int], strides: list[int], element_bytes: int
) -> tuple[list[int], list[int]]:
    """Return sizes and strides of a copy of bytes: an element is one more dimension, or lengthens a row."""
    strides = [stride * element_bytes for stride in strides]
    if strides[-1] == element_bytes:
        return [*dims[:-1], dims[-1] * element_bytes], [*strides[:-1], 1]
    if dims[0] != 1:
        raise context.unsupported(f"{MAX_COPY_RANK} dimensions; supported: {MAX_COPY_RANK - 1} of {element_bytes} B")
    return [*dims[1:], element_bytes], [*strides[1:], 1]
