"""Float operators between DEQUANTIZE and QUANTIZE: from one byte to another, so a table.

The converter writes them for activations that it has no int8 form of, such as ELU. What only moves elements in between
moves bytes instead.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from tinyhost.compiler.canonical.draft import Draft
from tinyhost.compiler.graph import Graph, Operator, Tensor
from tinyhost.compiler.passes.dead_operators import remove_dead_operators

__all__ = ["fold_float_tables"]

_MOVES = ("RESHAPE", "STRIDED_COPY")
_MAX_LENGTH = 16
"""Operators between the two."""


def fold_float_tables(graph: Graph) -> Graph:
    """Return the graph with a LOOKUP for each QUANTIZE that is reached from a DEQUANTIZE element by element."""
    draft = Draft(graph)
    producers = {output: operator for operator in graph.operators for output in operator.outputs}
    folded = False
    for operator in graph.operators:
        path = _path(graph, producers, operator) if operator.code == "QUANTIZE" else None
        if path is None:
            draft.keep(operator)
        else:
            _emit_table(draft, operator, path)
            folded = True
    return remove_dead_operators(draft.graph()) if folded else graph


def _path(graph: Graph, producers: Mapping[int, Operator], quantize: Operator) -> list[Operator] | None:
    """Return the operators from a DEQUANTIZE of int8, which comes first, to a QUANTIZE; None if others are between."""
    path: list[Operator] = []
    operator = quantize
    while len(path) <= _MAX_LENGTH:
        if operator.code not in _MOVES and not _keeps_shape(graph, operator):
            return None
        before = producers.get(operator.inputs[0]) if operator.inputs else None
        if before is None or len(before.outputs) != 1:
            return None
        path.insert(0, before)
        if before.code == "DEQUANTIZE":
            ends = before.inputs[0] if before.inputs else -1, quantize.outputs[0]
            return path if all(_is_int8(graph, end) for end in ends) and _keeps_shape(graph, before) else None
        if before.code not in _MOVES and before.code not in _FUNCTIONS:
            return None
        operator = before
    return None


def _keeps_shape(graph: Graph, operator: Operator) -> bool:
    if len(operator.inputs) != 1 or len(operator.outputs) != 1 or min(operator.inputs[0], operator.outputs[0]) < 0:
        return False
    return graph.tensors[operator.inputs[0]].shape == graph.tensors[operator.outputs[0]].shape


def _is_int8(graph: Graph, index: int) -> bool:
    """Return whether a tensor is computed, and int8 of one scale."""
    tensor = graph.tensors[index] if index >= 0 else None
    if tensor is None or tensor.dtype != "int8" or tensor.data is not None or tensor.quantization is None:
        return False
    return len(tensor.quantization.scales) == 1


def _emit_table(draft: Draft, quantize: Operator, path: list[Operator]) -> None:
    source, output = draft.tensors[path[0].inputs[0]], draft.tensors[quantize.outputs[0]]
    bytes_in_order = [*range(128), *range(-128, 0)]
    reals = [np.float32(source.scale * np.float32(q - source.zero_point)) for q in bytes_in_order]
    index = source.index
    for operator in path[1:]:
        if operator.code in _MOVES:
            moved = draft.tensor(source, draft.tensors[operator.outputs[0]].shape)
            index = draft.emit(operator, operator.code, (index, *operator.inputs[1:]), moved, operator.options)
        else:
            reals = [_apply(operator, real) for real in reals]
    with np.errstate(over="ignore"):
        table = np.array([_quantized(real, output) for real in reals], np.int8)
    constant = draft.constant(f"{output.name}/table", table)
    draft.emit(quantize, "LOOKUP", [index, constant], output.index, {})


def _apply(operator: Operator, x: np.float32) -> np.float32:
    """Return what a float operator makes of a value; not a number where it is not defined."""
    try:
        with np.errstate(over="ignore"):
            return np.float32(_FUNCTIONS[operator.code](float(x), operator))
    except (ValueError, ZeroDivisionError):
        return np.float32(np.nan)
    except OverflowError:
        return np.float32(np.inf)


def _quantized(x: np.float32, output: Tensor) -> int:
    """Return what the engine's QUANTIZE makes of a float (kernels/quantize.cpp)."""
    scaled = float(x / output.scale)
    if math.isnan(scaled):
        return -128
    rounded = math.copysign(math.floor(abs(scaled) + 0.5), scaled) if abs(scaled) < 2**24 else scaled
    return int(min(max(rounded + output.zero_point, -128), 127))


def _leaky_relu(x: float, operator: Operator) -> float:
    return x if x > 0 else x * float(operator.options["Alpha"])


_FUNCTIONS: Mapping[str, Callable[[float, Operator], float]] = {
    "ABS": lambda x, _: abs(x),
    "COS": lambda x, _: math.cos(x),
    "ELU": lambda x, _: math.expm1(x) if x < 0 else x,
    "EXP": lambda x, _: math.exp(x),
    "LEAKY_RELU": _leaky_relu,
    "LOG": lambda x, _: math.log(x),
    "LOGISTIC": lambda x, _: 1 / (1 + math.exp(-x)),
    "NEG": lambda x, _: -x,
    "RELU": lambda x, _: max(x, 0.0),
    "RELU6": lambda x, _: min(max(x, 0.0), 6.0),
    "RSQRT": lambda x, _: 1 / math.sqrt(x),
    "SIN": lambda x, _: math.sin(x),
    "SQRT": lambda x, _: math.sqrt(x),
    "SQUARE": lambda x, _: x * x,
    "TANH": lambda x, _: math.tanh(x),
}
"""In double, rounded once: within TFLM's float arithmetic, whose last bit hardly ever decides a byte."""
