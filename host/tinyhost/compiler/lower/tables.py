"""Operators of one 8-bit input, as tables."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinyhost.compiler.graph import Tensor
from tinyhost.compiler.image_format import LookupParams, OperatorCode
from tinyhost.compiler.lower.context import OperatorContext, Step

__all__ = ["table_of_pairs", "table_step", "values_of"]


def values_of(tensor: Tensor) -> list[int]:
    """Return the value of every byte of an 8-bit tensor, in table order."""
    return list(range(256)) if tensor.dtype == "uint8" else [*range(128), *range(-128, 0)]


def table_step(
    context: OperatorContext, code: OperatorCode, data: Tensor, output: Tensor, function: Callable[[int], int]
) -> Step:
    """Return the step of a table of `function`, from quantized value to quantized value."""
    table = np.array([function(q) for q in values_of(data)], dtype=np.dtype(output.dtype))
    params = LookupParams(table_offset=context.pool.add(table.tobytes()))
    return Step(code=code, inputs=(data.index,), output=output.index, params=params, name=output.name)


def table_of_pairs(
    context: OperatorContext, a: Tensor, b: Tensor, output: Tensor, function: Callable[[int, int], int]
) -> Step | None:
    """Return a table for an operator on one tensor, or on one and a constant of one value; None for any other."""
    if a.index == b.index:
        return table_step(context, OperatorCode.LOOKUP, a, output, lambda q: function(q, q))
    if (second := _only_value(b)) is not None and a.shape == output.shape:
        return table_step(context, OperatorCode.LOOKUP, a, output, lambda q: function(q, second))
    if (first := _only_value(a)) is not None and b.shape == output.shape:
        return table_step(context, OperatorCode.LOOKUP, b, output, lambda q: function(first, q))
    return None


def _only_value(tensor: Tensor) -> int | None:
    if tensor.data is None:
        return None
    values = tensor.array()
    return int(values.flat[0]) if (values == values.flat[0]).all() else None
