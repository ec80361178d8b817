"""Joins two keyword networks into a cascade: one .tflite of both (compiler/cascade.py)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tinyhost.compiler.graph import Graph, Operator, Tensor
from tinyhost.compiler.tflite_options import OPTIONS
from tinyhost.compiler.tflite_reader import read_tflite
from tinyhost.compiler.tflite_writer import write_tflite
from tinyhost.errors import UnsupportedModelError

__all__ = ["joined"]

_HINT = "train both on the same features: tinyhost train kws --cascade"
_WITHOUT_OPTIONS = frozenset(
    {"HARD_SWISH", "LOGISTIC", "PAD", "PADV2", "QUANTIZE", "RELU", "RELU6", "RESHAPE", "TANH", "TRANSPOSE"}
)
"""Operators that their inputs tell everything."""


def joined(small: bytes, large: bytes, *, where: str = "cascade") -> bytes:
    """Return the .tflite of both networks on one input: outputs are the large one's, then the small one's.

    Raises ModelError for damaged files, UnsupportedModelError for networks that do not take the same input or whose
    operators cannot be written.
    """
    first, second = read_tflite(small, where=f"{where}, small"), read_tflite(large, where=f"{where}, large")
    _check(first, second, where)
    n = len(second.tensors)

    def moved(index: int) -> int:
        return second.input if index == first.input else index if index < 0 else index + n

    tensors = tuple(replace(tensor, index=n + tensor.index) for tensor in first.tensors)
    operators = tuple(_moved(operator, moved) for operator in first.operators)
    both = replace(
        second,
        tensors=(*second.tensors, *tensors),
        operators=(*operators, *second.operators),
        more_outputs=(moved(first.output),),
    )
    return write_tflite(large, second, both, where=where)


def _check(first: Graph, second: Graph, where: str) -> None:
    """Raise UnsupportedModelError unless both networks can stand in one file, and take the same features."""
    for name, graph in (("small", first), ("large", second)):
        if graph.obstacles or graph.variables or graph.loops or graph.more_inputs or graph.more_outputs:
            raise UnsupportedModelError(
                f"{where}: the {name} network: expected one subgraph, one input, one output and no state", hint=_HINT
            )
    ours, theirs = first.tensors[first.input], second.tensors[second.input]
    if _input(ours) != _input(theirs):
        raise UnsupportedModelError(
            f"{where}: both networks have to take the same input; the small one's is {_words(ours)}, "
            f"the large one's {_words(theirs)}",
            hint=_HINT,
        )
    unknown = {operator.code for operator in first.operators} - OPTIONS.keys() - _WITHOUT_OPTIONS
    if unknown or any(tensor.is_sparse for tensor in first.tensors):
        what = ", ".join(sorted(unknown)) or "sparse weights"
        raise UnsupportedModelError(f"{where}: the small network: {what} cannot be joined to another", hint=_HINT)


def _input(tensor: Tensor) -> tuple[object, ...]:
    return tensor.dtype, tensor.shape, float(tensor.scale), tensor.zero_point


def _words(tensor: Tensor) -> str:
    shape = "x".join(map(str, tensor.shape))
    return f"{tensor.dtype} {shape} of scale {float(tensor.scale):.4g}, zero point {tensor.zero_point}"


def _moved(operator: Operator, moved: Callable[[int], int]) -> Operator:
    """Return an operator of the small network as a new one of the large one's file."""
    inputs, outputs = (tuple(map(moved, ends)) for ends in (operator.inputs, operator.outputs))
    return replace(operator, index=-1, inputs=inputs, outputs=outputs)
