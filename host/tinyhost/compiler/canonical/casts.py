"""Conversions for which there is no kernel: of numbers without a scale, as pixels that a model itself casts to float,
and of floats to uint8.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tinyhost.compiler.canonical.booleans import rewrite_boolean_cast
from tinyhost.compiler.canonical.draft import Draft, is_whole
from tinyhost.compiler.graph import Graph, Operator, Quantization
from tinyhost.compiler.int8_scores import UINT8_OFFSET

__all__ = ["rewrite_cast", "rewrite_quantize", "scale_numbers"]

_NUMBERS = ("int8", "int16", "uint8")
_BYTES = ("int8", "uint8")
_MOVES = ("CAST", "EXPAND_DIMS", "RESHAPE", "SLICE", "SQUEEZE", "STRIDED_SLICE", "TRANSPOSE")
_OF_ONE = Quantization(scales=np.ones(1, np.float32), zero_points=np.zeros(1, np.int64), axis=0)
"""Real value = number."""


def scale_numbers(graph: Graph) -> Graph:
    """Return the graph in which such numbers have a scale of 1, if they are only cast and moved."""
    computing = {i for op in graph.operators if op.code not in _MOVES for i in (*op.inputs, *op.outputs)}
    tensors = tuple(
        replace(tensor, quantization=_OF_ONE)
        if tensor.dtype in _NUMBERS and tensor.quantization is None and tensor.data is None and i not in computing
        else tensor
        for i, tensor in enumerate(graph.tensors)
    )
    return graph if tensors == graph.tensors else replace(graph, tensors=tensors)


def rewrite_cast(draft: Draft, operator: Operator) -> bool:
    """Write the CAST of bytes of scale 1, or of a comparison, to float32 as DEQUANTIZE."""
    if is_whole(operator, 1):
        data, output = (draft.tensors[index] for index in (operator.inputs[0], operator.outputs[0]))
        if data.quantization is _OF_ONE and data.dtype in _BYTES and output.dtype == "float32":
            draft.emit(operator, "DEQUANTIZE", operator.inputs, operator.outputs[0], {})
            return True
    return rewrite_boolean_cast(draft, operator)


def rewrite_quantize(draft: Draft, operator: Operator) -> bool:
    """Write the QUANTIZE of float32 to uint8 as one to int8, whose values become uint8 after it."""
    if not is_whole(operator, 1):
        return False
    data, output = (draft.tensors[index] for index in (operator.inputs[0], operator.outputs[0]))
    quantization = output.quantization
    if data.dtype != "float32" or output.dtype != "uint8" or quantization is None:
        return False
    shifted = replace(quantization, zero_points=quantization.zero_points - UINT8_OFFSET)
    signed = draft.tensor(replace(output, dtype="int8", quantization=shifted), output.shape)
    draft.emit(operator, "QUANTIZE", operator.inputs, signed, operator.options)
    draft.emit(operator, "QUANTIZE", [signed], output.index, operator.options)
    return True
