"""Folds float operators between DEQUANTIZE and QUANTIZE, which map a byte to a byte, into tables.

The converter writes them for activations that it has no int8 form of, such as ELU. What only moves elements in between
moves bytes instead. Of two inputs one is a constant of one value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from tinyhost.compiler.canonical.draft import Draft, is_whole
from tinyhost.compiler.graph import Graph, Operator, Tensor
from tinyhost.compiler.lower.tables import values_of
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
        source = _source(graph, operator)
        if source < 0:
            return None
        before = producers.get(source)
        if before is None or len(before.outputs) != 1:
            return None
        path.insert(0, before)
        if before.code == "DEQUANTIZE":
            ends = before.inputs[0] if before.inputs else -1, quantize.outputs[0]
            return path if _are_bytes(graph, *ends) and _keeps_shape(graph, before) else None
        if before.code not in _MOVES and before.code not in _FUNCTIONS and before.code not in _BINARY:
            return None
        operator = before
    return None


def _source(graph: Graph, operator: Operator) -> int:
    """Return the input whose elements an operator takes, in their order or moved; -1 if there are others."""
    if operator.code in _MOVES:
        return operator.inputs[0] if operator.inputs else -1
    if not is_whole(operator, 2 if operator.code in _BINARY else 1):
        return -1
    computed = [index for index in operator.inputs if _only_value(graph.tensors[index]) is None]
    one = replace(operator, inputs=tuple(computed)) if operator.code in _BINARY else operator
    return one.inputs[0] if _keeps_shape(graph, one) else -1


def _only_value(tensor: Tensor) -> np.float32 | None:
    """Return the value that all elements of a float constant share; None for any other tensor."""
    if tensor.data is None or tensor.dtype != "float32" or not tensor.n_elements:
        return None
    values = tensor.array()
    return np.float32(values.flat[0]) if (values == values.flat[0]).all() else None


def _keeps_shape(graph: Graph, operator: Operator) -> bool:
    if len(operator.inputs) != 1 or len(operator.outputs) != 1 or min(operator.inputs[0], operator.outputs[0]) < 0:
        return False
    return graph.tensors[operator.inputs[0]].shape == graph.tensors[operator.outputs[0]].shape


def _are_bytes(graph: Graph, source: int, output: int) -> bool:
    """Return whether both are computed and of one scale, the first int8 or uint8, the other int8."""
    return _is_one_of(("int8", "uint8"), graph, source) and _is_one_of(("int8",), graph, output)


def _is_one_of(dtypes: Sequence[str], graph: Graph, index: int) -> bool:
    tensor = graph.tensors[index] if index >= 0 else None
    if tensor is None or tensor.dtype not in dtypes or tensor.data is not None or tensor.quantization is None:
        return False
    return len(tensor.quantization.scales) == 1


def _emit_table(draft: Draft, quantize: Operator, path: list[Operator]) -> None:
    source, output = draft.tensors[path[0].inputs[0]], draft.tensors[quantize.outputs[0]]
    reals = [np.float32(source.scale * np.float32(q - source.zero_point)) for q in values_of(source)]
    index = source.index
    for operator in path[1:]:
        if operator.code in _MOVES:
            moved = draft.tensor(source, draft.tensors[operator.outputs[0]].shape)
            index = draft.emit(operator, operator.code, (index, *operator.inputs[1:]), moved, operator.options)
        else:
            constants = [_only_value(draft.tensors[i]) for i in operator.inputs]
            reals = [_apply(operator, [real if value is None else value for value in constants]) for real in reals]
    with np.errstate(over="ignore"):
        table = np.array([_quantized(real, output) for real in reals], np.int8)
    constant = draft.constant(f"{output.name}/table", table)
    draft.emit(quantize, "LOOKUP", [index, constant], output.index, {})


def _apply(operator: Operator, inputs: Sequence[np.float32]) -> np.float32:
    """Return a float operator's results for values; NaN where it is not defined."""
    try:
        with np.errstate(all="ignore"):
            if operator.code in _BINARY:
                low, high = _CLAMPS[int(operator.options.get("FusedActivationFunction", 0))]
                return np.float32(np.clip(_BINARY[operator.code](*inputs), low, high))
            return np.float32(_FUNCTIONS[operator.code](float(inputs[0]), operator))
    except (ValueError, ZeroDivisionError):
        return np.float32(np.nan)
    except OverflowError:
        return np.float32(np.inf)


def _quantized(x: np.float32, output: Tensor) -> int:
    """Return the engine's QUANTIZE of a float (kernels/quantize.cpp)."""
    scaled = float(x / output.scale)
    if math.isnan(scaled):
        return -128
    rounded = math.copysign(math.floor(abs(scaled) + 0.5), scaled) if abs(scaled) < 2**24 else scaled
    return int(min(max(rounded + output.zero_point, -128), 127))


def _leaky_relu(x: float, operator: Operator) -> float:
    return x if x > 0 else x * float(operator.options["Alpha"])


_FUNCTIONS: Mapping[str, Callable[[float, Operator], float]] = {
    "ABS": lambda x, _: abs(x),
    "CEIL": lambda x, _: math.ceil(x),
    "COS": lambda x, _: math.cos(x),
    "ELU": lambda x, _: math.expm1(x) if x < 0 else x,
    "EXP": lambda x, _: math.exp(x),
    "FLOOR": lambda x, _: math.floor(x),
    "LEAKY_RELU": _leaky_relu,
    "LOG": lambda x, _: math.log(x),
    "LOGISTIC": lambda x, _: 1 / (1 + math.exp(-x)),
    "NEG": lambda x, _: -x,
    "RELU": lambda x, _: max(x, 0.0),
    "RELU6": lambda x, _: min(max(x, 0.0), 6.0),
    "ROUND": lambda x, _: round(x),
    "RSQRT": lambda x, _: 1 / math.sqrt(x),
    "SIGN": lambda x, _: float(np.sign(x)),
    "SIN": lambda x, _: math.sin(x),
    "SQRT": lambda x, _: math.sqrt(x),
    "SQUARE": lambda x, _: x * x,
    "TANH": lambda x, _: math.tanh(x),
}
"""In double, rounded once: within TFLM's float arithmetic, whose last bit hardly ever decides a byte."""

_BINARY: Mapping[str, Callable[[np.float32, np.float32], np.float32]] = {
    "ADD": np.add,
    "DIV": np.divide,
    "FLOOR_DIV": lambda a, b: np.float32(np.floor(np.float64(a) / np.float64(b))),
    "FLOOR_MOD": np.mod,
    "MAXIMUM": np.maximum,
    "MINIMUM": np.minimum,
    "MUL": np.multiply,
    "POW": np.power,
    "SQUARED_DIFFERENCE": lambda a, b: np.square(a - b),
    "SUB": np.subtract,
}
"""In float, as TFLM; it has no POW."""

_INFINITE = np.float32(np.inf)
_CLAMPS: Mapping[int, tuple[np.float32, np.float32]] = {
    0: (-_INFINITE, _INFINITE),
    1: (np.float32(0), _INFINITE),
    2: (np.float32(-1), np.float32(1)),
    3: (np.float32(0), np.float32(6)),
}
"""Least and greatest value by fused activation."""
