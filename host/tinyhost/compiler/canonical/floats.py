"""Float32: expands weights that a file stores in fewer bits, and gives operators on floats names of their own.

The passes, which reason about bytes, look at names, and so leave floats alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.canonical.names import with_prefix
from tinyhost.compiler.graph import Graph, Operator, Tensor
from tinyhost.compiler.passes.rewrite import new_constant

__all__ = ["FLOAT_OPERATORS", "expand_constants", "name_floats"]

FLOAT_OPERATORS = (
    "ABS",
    "ADD",
    "AVERAGE_POOL_2D",
    "BATCH_MATMUL",
    "CEIL",
    "CONV_2D",
    "COS",
    "DEPTHWISE_CONV_2D",
    "DIV",
    "ELU",
    "EXP",
    "FLOOR",
    "FLOOR_DIV",
    "FLOOR_MOD",
    "FULLY_CONNECTED",
    "HARD_SWISH",
    "LEAKY_RELU",
    "LOG",
    "LOGISTIC",
    "MAXIMUM",
    "MAX_POOL_2D",
    "MEAN",
    "MINIMUM",
    "MUL",
    "NEG",
    "PRELU",
    "RELU",
    "RELU6",
    "RESIZE_BILINEAR",
    "ROUND",
    "RSQRT",
    "SIN",
    "SOFTMAX",
    "SQRT",
    "SQUARE",
    "SQUARED_DIFFERENCE",
    "SUB",
    "SUM",
    "TANH",
)
"""That lowering knows with FLOAT_ before their names."""

_PREFIX = "FLOAT_"
_EXPANDED = ("float16", "int8", "uint8", "int16", "int32")
_WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")


def expand_constants(graph: Graph) -> Graph:
    """Return the graph with float32 constants for those that a DEQUANTIZE would expand at each inference.

    So are 8-bit weights of operators on floats (dynamic range): TensorFlow Lite would quantize their inputs as they
    come, and is less exact.
    """
    tensors, operators = list(graph.tensors), []
    for operator in graph.operators:
        if operator.code == "DEQUANTIZE" and _is_expandable(tensors, operator):
            values = _real_values(tensors[operator.inputs[0]])
            output = tensors[operator.outputs[0]]
            tensors[output.index] = replace(output, data=values.astype("<f4").tobytes(), quantization=None)
        elif _has_narrow_weights(tensors, operator):
            weights = tensors[operator.inputs[1]]
            index = new_constant(tensors, weights.name, _real_values(weights))
            operators.append(replace(operator, inputs=(operator.inputs[0], index, *operator.inputs[2:])))
        else:
            operators.append(operator)
    if len(operators) == len(graph.operators) and len(tensors) == len(graph.tensors):
        return graph
    return replace(graph, tensors=tuple(tensors), operators=tuple(operators))


def _is_expandable(tensors: list[Tensor], operator: Operator) -> bool:
    if len(operator.inputs) != 1 or len(operator.outputs) != 1 or min(*operator.inputs, *operator.outputs) < 0:
        return False
    source, output = tensors[operator.inputs[0]], tensors[operator.outputs[0]]
    if output.dtype != "float32" or output.data is not None or output.shape != source.shape:
        return False
    return _is_narrow(source)


def _has_narrow_weights(tensors: list[Tensor], operator: Operator) -> bool:
    if operator.code not in _WEIGHTED or len(operator.inputs) < 2 or min(operator.inputs[:2]) < 0:
        return False
    data, weights = (tensors[index] for index in operator.inputs[:2])
    return data.dtype == "float32" and weights.dtype in ("int8", "uint8") and _is_narrow(weights)


def _is_narrow(tensor: Tensor) -> bool:
    """Return whether a tensor is a constant whose real values are known."""
    if tensor.data is None or tensor.dtype not in _EXPANDED or not tensor.n_elements:
        return False
    if len(tensor.data) != tensor.n_elements * np.dtype(tensor.dtype).itemsize:
        return False
    scales = tensor.quantization
    if tensor.dtype == "float16":
        return True
    if scales is None:
        return False
    return len(scales.scales) == 1 or (
        0 <= scales.axis < len(tensor.shape) and len(scales.scales) == tensor.shape[scales.axis]
    )


def _real_values(tensor: Tensor) -> NDArray[np.float32]:
    """Return a constant's values: (q - zero_point) * scale in float, as DEQUANTIZE multiplies."""
    values: NDArray[Any] = tensor.array()
    if tensor.quantization is None or tensor.dtype == "float16":
        return values.astype(np.float32)
    shape = [1] * values.ndim
    if len(tensor.quantization.scales) > 1:
        shape[tensor.quantization.axis] = -1
    elif not shape:
        shape = []
    scales = tensor.quantization.scales.astype(np.float32).reshape(shape)
    zero_points = tensor.quantization.zero_points.reshape(shape)
    return np.asarray(scales * (values.astype(np.int64) - zero_points).astype(np.float32), np.float32)


def name_floats(graph: Graph) -> Graph:
    """Return the graph with FLOAT_ before the names of operators on floats that lowering knows."""
    return with_prefix(graph, _PREFIX, _is_on_floats)


def _is_on_floats(graph: Graph, operator: Operator) -> bool:
    tensors = [index for index in (*operator.inputs[:1], *operator.outputs) if index >= 0]
    return (
        operator.code in FLOAT_OPERATORS
        and bool(tensors)
        and all(graph.tensors[index].dtype == "float32" for index in tensors)
    )
