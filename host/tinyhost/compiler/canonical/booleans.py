"""Comparisons, and operators on their results, which are bytes of 0 or 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tinyhost.compiler.canonical.draft import Draft, is_whole
from tinyhost.compiler.canonical.moves import broadcasted
from tinyhost.compiler.canonical.reductions import rewrite_reduction
from tinyhost.compiler.graph import Operator, Quantization
from tinyhost.compiler.image_format import Comparison
from tinyhost.compiler.passes.rewrite import new_constant

__all__ = [
    "follow_booleans",
    "rewrite_boolean_cast",
    "rewrite_boolean_reduction",
    "rewrite_comparison",
    "rewrite_logic",
    "rewrite_select",
]

_COMPARISONS: Mapping[str, tuple[Comparison, bool]] = {
    "EQUAL": (Comparison.EQUAL, False),
    "GREATER": (Comparison.LESS, True),
    "GREATER_EQUAL": (Comparison.LESS_EQUAL, True),
    "LESS": (Comparison.LESS, False),
    "LESS_EQUAL": (Comparison.LESS_EQUAL, False),
    "NOT_EQUAL": (Comparison.NOT_EQUAL, False),
}
"""What is asked, and whether of the inputs in the other order."""
_LOGIC = {"LOGICAL_AND": "MINIMUM", "LOGICAL_OR": "MAXIMUM"}
_COMPARED = {"float32": "FLOAT_COMPARE", "int32": "INT32_COMPARE"}
_SELECTS = {"int8": "SELECT", **dict.fromkeys(("float32", "int32", "int16"), "FLOAT_SELECT")}
"""By the type of what is chosen from."""
_REDUCTIONS = {"REDUCE_ALL": "REDUCE_MIN", "REDUCE_ANY": "REDUCE_MAX"}
_MOVES = (
    "BROADCAST_TO",
    "CONCATENATION",
    "EXPAND_DIMS",
    "GATHER",
    "PACK",
    *_REDUCTIONS,
    "RESHAPE",
    "REVERSE_V2",
    "SLICE",
    "SPLIT",
    "SPLIT_V",
    "SQUEEZE",
    "STRIDED_SLICE",
    "TILE",
    "TRANSPOSE",
    "UNPACK",
)
"""Whose outputs are of booleans if their input is."""
_OF_ONE = Quantization(scales=np.ones(1, np.float32), zero_points=np.zeros(1, np.int64), axis=0)
"""Real value = byte."""


def rewrite_comparison(draft: Draft, operator: Operator) -> bool:
    """Write a comparison of int8 as COMPARE, of floats as FLOAT_COMPARE, of int32 as INT32_COMPARE."""
    if len(operator.inputs) != 2 or not _has_boolean_output(draft, operator):
        return False
    comparison, is_reversed = _COMPARISONS[operator.code]
    inputs = operator.inputs[::-1] if is_reversed else operator.inputs
    code = _COMPARED.get(draft.tensors[inputs[0]].dtype, "COMPARE")
    draft.emit(operator, code, inputs, _as_bytes(draft, operator.outputs[0]), {"Comparison": comparison})
    return True


def rewrite_logic(draft: Draft, operator: Operator) -> bool:
    """Write LOGICAL_AND, LOGICAL_OR and LOGICAL_NOT of comparisons as MINIMUM, MAXIMUM and a table."""
    inputs = [_bytes_of(draft, index) for index in operator.inputs]
    if not _has_boolean_output(draft, operator) or not all(_is_boolean(draft, index) for index in inputs):
        return False
    output = _as_bytes(draft, operator.outputs[0])
    if operator.code == "LOGICAL_NOT":
        table = draft.constant(f"{draft.tensors[output].name}/table", (np.arange(256) == 0).astype(np.int8))
        draft.emit(operator, "LOOKUP", [*inputs, table], output, {})
    else:
        draft.emit(operator, _LOGIC[operator.code], inputs, output, {})
    return True


def rewrite_select(draft: Draft, operator: Operator) -> bool:
    """Write SELECT and SELECT_V2 as a SELECT of three tensors of the output's shape."""
    if not is_whole(operator, 3):
        return False
    operands = [_bytes_of(draft, operator.inputs[0]), *operator.inputs[1:]]
    condition, *chosen = (draft.tensors[index] for index in operands)
    shape = draft.tensors[operator.outputs[0]].shape
    codes = [_SELECTS.get(tensor.dtype) for tensor in chosen]
    if not _is_boolean(draft, condition.index) or codes[0] is None or codes[0] != codes[1]:
        return False
    try:
        inputs = [broadcasted(draft, operator, index, shape) for index in operands]
    except ValueError:  # numpy's, of shapes that do not broadcast
        return False
    draft.emit(operator, codes[0], inputs, operator.outputs[0], {})
    return True


def follow_booleans(draft: Draft, operator: Operator) -> None:
    """Turn the outputs of an operator that moves booleans into bytes, as its input has been."""
    if operator.code in _MOVES and any(_is_boolean(draft, index) for index in operator.inputs):
        for index in operator.outputs:
            if index >= 0 and draft.tensors[index].dtype == "bool":
                _as_bytes(draft, index)


def rewrite_boolean_reduction(draft: Draft, operator: Operator) -> bool:
    """Write REDUCE_ANY and REDUCE_ALL of comparisons as the greatest or least of their bytes."""
    if not all(_is_boolean(draft, index) for index in (*operator.inputs[:1], *operator.outputs)):
        return False
    return rewrite_reduction(draft, replace(operator, code=_REDUCTIONS[operator.code]))


def rewrite_boolean_cast(draft: Draft, operator: Operator) -> bool:
    """Write the CAST of a comparison to float32 as DEQUANTIZE."""
    if len(operator.inputs) != 1 or len(operator.outputs) != 1 or not _is_boolean(draft, operator.inputs[0]):
        return False
    if operator.outputs[0] < 0 or draft.tensors[operator.outputs[0]].dtype != "float32":
        return False
    draft.emit(operator, "DEQUANTIZE", operator.inputs, operator.outputs[0], {})
    return True


def _has_boolean_output(draft: Draft, operator: Operator) -> bool:
    if len(operator.outputs) != 1 or not operator.inputs or min(*operator.inputs, *operator.outputs) < 0:
        return False
    return draft.tensors[operator.outputs[0]].dtype == "bool"


def _as_bytes(draft: Draft, index: int) -> int:
    """Turn a tensor of booleans into one of int8; return its index."""
    draft.tensors[index] = replace(draft.tensors[index], dtype="int8", quantization=_OF_ONE)
    return index


def _bytes_of(draft: Draft, index: int) -> int:
    """Return a constant of booleans as one of bytes; any other tensor itself."""
    tensor = draft.tensors[index] if index >= 0 else None
    if tensor is None or tensor.data is None or tensor.dtype != "bool":
        return index
    return new_constant(draft.tensors, tensor.name, tensor.array().astype(np.int8), _OF_ONE)


def _is_boolean(draft: Draft, index: int) -> bool:
    """Return whether one of these rules has written a tensor."""
    return index >= 0 and draft.tensors[index].quantization is _OF_ONE
