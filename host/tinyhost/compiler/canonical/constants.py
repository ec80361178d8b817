"""Folds integers that a graph computes from shapes and constants: they are known before it runs.

Keras exports Flatten and Reshape with a batch of any size as SHAPE, STRIDED_SLICE and PACK in front of a RESHAPE.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.canonical.draft import Draft
from tinyhost.compiler.canonical.slices import slice_of
from tinyhost.compiler.graph import Operator

__all__ = ["fold_constant"]

_MAX_ELEMENTS = {"int32": 64, "int64": 64, "bool": 1 << 14}
"""Of an array of dimensions, by type; of a mask, such as attention has."""
_INT32 = np.iinfo(np.int32)

Integers = NDArray[np.int64]


def fold_constant(draft: Draft, operator: Operator) -> bool:
    """Turn the operator's output into a constant if it has integers that follow from shapes and constants."""
    evaluate = _EVALUATE.get(operator.code)
    if evaluate is None or len(operator.outputs) != 1 or operator.outputs[0] < 0 or not operator.inputs:
        return False
    output = draft.tensors[operator.outputs[0]]
    most = _MAX_ELEMENTS.get(output.dtype, -1)
    if output.data is not None or output.n_elements > most:
        return False
    inputs = _inputs(draft, operator, most)
    if inputs is None:
        return False
    try:
        values = evaluate(inputs, operator)
    except (ValueError, IndexError, TypeError):  # numpy's, of shapes and indices that do not fit
        return False
    if values is None or values.shape != output.shape or (values < _INT32.min).any() or (values > _INT32.max).any():
        return False
    draft.set_constant(output.index, values)
    return True


def _inputs(draft: Draft, operator: Operator, most: int) -> list[Integers] | None:
    """Return the integers that the operator reads (SHAPE reads its input's dimensions); None if one is unknown."""
    if operator.code == "SHAPE":
        return [np.array(draft.tensors[operator.inputs[0]].shape, np.int64)] if operator.inputs[0] >= 0 else None
    known = [values for index in operator.inputs if (values := draft.integers(index)) is not None]
    small = all(values.size <= most for values in known)
    return known if small and len(known) == len(operator.inputs) else None


def _same(inputs: Sequence[Integers], operator: Operator) -> Integers:
    return inputs[0]


def _slice(inputs: Sequence[Integers], operator: Operator) -> Integers | None:
    data, *bounds = inputs
    indices = slice_of(data.shape, bounds, operator.options)
    return None if indices is None else np.asarray(data[indices])


def _pack(inputs: Sequence[Integers], operator: Operator) -> Integers:
    return np.stack(inputs, axis=int(operator.options["Axis"]))


def _concatenation(inputs: Sequence[Integers], operator: Operator) -> Integers:
    return np.concatenate(inputs, axis=int(operator.options["Axis"]))


def _gather(inputs: Sequence[Integers], operator: Operator) -> Integers | None:
    data, indices = inputs
    return None if operator.options["BatchDims"] else np.take(data, indices, axis=int(operator.options["Axis"]))


def _product(inputs: Sequence[Integers], operator: Operator) -> Integers:
    data, axes = inputs
    axis = tuple(int(axis) for axis in axes.reshape(-1))
    return np.asarray(data.prod(axis=axis, keepdims=bool(operator.options["KeepDims"])))


def _expand(inputs: Sequence[Integers], operator: Operator) -> Integers:
    return np.expand_dims(inputs[0], int(inputs[1].reshape(())))


def _squeeze(inputs: Sequence[Integers], operator: Operator) -> Integers:
    return inputs[0].squeeze()


def _reshape(inputs: Sequence[Integers], operator: Operator) -> Integers:
    return inputs[0].reshape(inputs[1].reshape(-1))


def _binary(function: Callable[[Integers, Integers], Integers]) -> Callable[[Sequence[Integers], Operator], Integers]:
    def evaluate(inputs: Sequence[Integers], operator: Operator) -> Integers:
        a, b = inputs
        return np.asarray(function(a, b))

    return evaluate


_EVALUATE: Mapping[str, Callable[[Sequence[Integers], Operator], Integers | None]] = {
    "ADD": _binary(np.add),
    "CAST": _same,
    "CONCATENATION": _concatenation,
    "EQUAL": _binary(np.equal),
    "EXPAND_DIMS": _expand,
    "GATHER": _gather,
    "GREATER": _binary(np.greater),
    "GREATER_EQUAL": _binary(np.greater_equal),
    "LESS": _binary(np.less),
    "LESS_EQUAL": _binary(np.less_equal),
    "LOGICAL_AND": _binary(np.logical_and),
    "LOGICAL_OR": _binary(np.logical_or),
    "MAXIMUM": _binary(np.maximum),
    "MINIMUM": _binary(np.minimum),
    "MUL": _binary(np.multiply),
    "NOT_EQUAL": _binary(np.not_equal),
    "PACK": _pack,
    "REDUCE_PROD": _product,
    "RESHAPE": _reshape,
    "SHAPE": _same,
    "SQUEEZE": _squeeze,
    "STRIDED_SLICE": _slice,
    "SUB": _binary(np.subtract),
}
