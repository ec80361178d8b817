"""What passes share: who reads a tensor, rewiring, and new constants."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.constants import ConstantPool
from tinyhost.compiler.graph import Graph, Operator, Quantization, Tensor
from tinyhost.compiler.image_format import MAX_COPY_RANK
from tinyhost.compiler.lower.context import OperatorContext
from tinyhost.compiler.lower.window import Window, resolve_window

__all__ = [
    "AXES",
    "bypass",
    "context_of",
    "n_channels",
    "new_constant",
    "producer_of",
    "readers_of",
    "same_quantization",
    "window_of",
    "with_copy",
    "with_operator",
    "with_window",
]

AXES = {"H": 1, "W": 2}
"""Axes of windows, and their dimensions."""
_POOLS = ("AVERAGE_POOL_2D", "MAX_POOL_2D")
_FILTER_OPTIONS = {"H": "FilterHeight", "W": "FilterWidth"}


def context_of(graph: Graph, operator: Operator) -> OperatorContext:
    """Return the lowering's view of an operator, with a pool of its own."""
    return OperatorContext(graph=graph, operator=operator, pool=ConstantPool(), where="passes")


def n_channels(tensor: Tensor) -> int:
    """Return the size of the last dimension; 1 for a scalar."""
    return tensor.shape[-1] if tensor.shape else 1


def producer_of(graph: Graph, tensor: int) -> Operator | None:
    """Return the operator that writes a tensor."""
    return next((op for op in graph.operators if tensor in op.outputs), None)


def readers_of(graph: Graph, tensor: int) -> list[Operator]:
    """Return the operators that read a tensor."""
    return [op for op in graph.operators if tensor in op.inputs]


def same_quantization(a: Tensor, b: Tensor) -> bool:
    """Return whether equal bytes in both mean equal values."""
    return (a.dtype, a.scale, a.zero_point) == (b.dtype, b.scale, b.zero_point)


def with_operator(graph: Graph, old: Operator, new: Operator | None) -> Graph:
    """Return the graph with one operator replaced, or left out."""
    operators = (new if op is old else op for op in graph.operators)
    return replace(graph, operators=tuple(op for op in operators if op is not None))


def window_of(graph: Graph, operator: Operator, axis: str) -> Window:
    """Return a convolution's or pool's window on `axis`."""
    context = context_of(graph, operator)
    if operator.code in _POOLS:
        filter_size = context.option(_FILTER_OPTIONS[axis])
    else:
        filter_size = graph.tensors[operator.inputs[1]].shape[AXES[axis]]
    size = graph.tensors[operator.inputs[0]].shape[AXES[axis]]
    return resolve_window(context, axis, size=size, filter_size=filter_size)


def with_window(operator: Operator, axis: str, window: Window) -> Operator:
    """Return a convolution or pool with its window on `axis` spelled out; weights are left as they are."""
    options = {
        f"Stride{axis}": window.stride,
        f"PadBefore{axis}": window.pad,
        f"Output{axis}": window.output,
    }
    more = {_FILTER_OPTIONS[axis]: window.filter} if operator.code in _POOLS else {}
    if operator.code not in _POOLS:
        more[f"Dilation{axis}Factor"] = window.dilation
    return replace(operator, options={**operator.options, **options, **more})


def bypass(graph: Graph, operator: Operator) -> Graph:
    """Return the graph without an operator whose output equals its first input: readers of one read the other."""
    source, target = operator.inputs[0], operator.outputs[0]
    operators = tuple(
        replace(op, inputs=tuple(source if t == target else t for t in op.inputs))
        for op in graph.operators
        if op is not operator
    )
    output, *more = (source if index == target else index for index in graph.outputs)
    return replace(graph, operators=operators, output=output, more_outputs=tuple(more))


def with_copy(graph: Graph, source: int) -> tuple[Graph, int]:
    """Return the graph with a copy of a tensor as its last operator, and the copy's index."""
    tensors = list(graph.tensors)
    tensor = tensors[source]
    n = tensor.n_elements
    numbers = np.array([0, *[1] * (MAX_COPY_RANK - 1), n, *[0] * (MAX_COPY_RANK - 1), int(n > 1)], np.int32)
    places = new_constant(tensors, f"{tensor.name}/places", numbers)
    copied = len(tensors)
    tensors.append(replace(tensor, index=copied))
    index = 1 + max((operator.index for operator in graph.operators), default=0)
    copy = Operator(index=index, code="STRIDED_COPY", inputs=(source, places), outputs=(copied,), options={})
    return replace(graph, tensors=tuple(tensors), operators=(*graph.operators, copy)), copied


def new_constant(
    tensors: list[Tensor], name: str, values: NDArray[Any], quantization: Quantization | None = None
) -> int:
    """Append a constant tensor to `tensors` and return its index."""
    tensor = Tensor(
        index=len(tensors),
        name=name,
        dtype=values.dtype.name,
        shape=values.shape,
        quantization=quantization,
        data=np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<")).tobytes(),
    )
    tensors.append(tensor)
    return tensor.index
