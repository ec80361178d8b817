"""The input and output of a model: integers instead of floats, the order of its classes, a softmax."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tinyhost.compiler.graph import Graph, Operator, Quantization, Tensor
from tinyhost.models.adapt.graphs import Adapted, adapt_error, only_reader, operator_name, with_tensors, writer

__all__ = ["in_order", "with_integer_io", "with_softmax", "without_softmax"]

_CASTS = ("QUANTIZE", "DEQUANTIZE")
_KEEP_PLACES = frozenset({"SOFTMAX", "LOGISTIC", "RELU", "RELU6", "TANH", "LOG_SOFTMAX", "RESHAPE", *_CASTS})
_WEIGHTED = ("FULLY_CONNECTED", "CONV_2D")
_HINT = "give the labels in the model's own order: tinyhost push --labels"


def with_integer_io(graph: Graph, where: str) -> Adapted:
    """Return the model without casts at its input and output, which become the int8 tensors inside."""
    done: list[str] = []
    first = only_reader(graph, graph.input)
    if first is not None and first.code == "QUANTIZE" and graph.tensors[first.outputs[0]].dtype == "int8":
        done.append(
            f"{operator_name(first)} at the input left out: it takes int8 instead of {_dtype(graph, graph.input)}"
        )
        graph = replace(graph, input=first.outputs[0], operators=_without(graph, first))
    last = writer(graph, graph.output)
    if last is not None and last.code in _CASTS and graph.tensors[last.inputs[0]].dtype == "int8":
        done.append(
            f"{operator_name(last)} at the output left out: it gives int8 instead of {_dtype(graph, graph.output)}"
        )
        graph = replace(graph, output=last.inputs[0], operators=_without(graph, last))
    if not done:
        ends = f"it takes {_dtype(graph, graph.input)} and gives {_dtype(graph, graph.output)}, without a cast to int8"
        hint = "leave --integer-ends out, or quantize the network: give the converter a representative data set"
        raise adapt_error(where, "integer ends", ends, hint)
    return Adapted(graph=graph, done=tuple(done))


def without_softmax(graph: Graph, where: str) -> Adapted:
    """Return the model without its final softmax, whose input becomes the output."""
    last = writer(graph, graph.output)
    cast = last if last is not None and last.code in _CASTS else None
    if cast is not None:
        last = writer(graph, cast.inputs[0])
    if last is None or last.code != "SOFTMAX":
        raise adapt_error(where, "softmax off", f"{operator_name(last)} is the last operator", "omit --softmax")
    operators = tuple(operator for operator in graph.operators if operator not in (last, cast))
    words = f"{operator_name(last)} left out: the output is its input, the logits"
    more = f"; with it {operator_name(cast)}" if cast else ""
    return Adapted(graph=replace(graph, output=last.inputs[0], operators=operators), done=(words + more,))


def with_softmax(graph: Graph, where: str) -> Adapted:
    """Return the model with a final softmax; for int8, its scale is 1/256, as TensorFlow Lite requires."""
    logits = graph.tensors[graph.output]
    last = writer(graph, graph.output)
    if last is not None and last.code in ("SOFTMAX", "LOGISTIC", "LOG_SOFTMAX"):
        raise adapt_error(where, "softmax on", f"{operator_name(last)} is already the last operator", "omit --softmax")
    if logits.dtype not in ("int8", "float32") or not logits.shape or logits.shape[-1] < 2:
        what = f"its output is {logits.dtype} {'x'.join(map(str, logits.shape))}, expected int8 of two or more classes"
        raise adapt_error(where, "softmax on", what, "remove its casts first: --integer-ends")
    quantization = Quantization(scales=np.array([1 / 256], np.float32), zero_points=np.array([-128], np.int64), axis=0)
    scores = Tensor(
        index=len(graph.tensors),
        name="scores",
        dtype=logits.dtype,
        shape=logits.shape,
        quantization=quantization if logits.dtype == "int8" else None,
        data=None,
    )
    softmax = Operator(index=-1, code="SOFTMAX", inputs=(graph.output,), outputs=(scores.index,), options={"Beta": 1.0})
    changed = replace(
        graph, tensors=(*graph.tensors, scores), operators=(*graph.operators, softmax), output=scores.index
    )
    return Adapted(graph=changed, done=("a softmax at the end",))


def in_order(graph: Graph, where: str, *, order: Sequence[int]) -> Adapted:
    """Return the model whose output i is the original output order[i]: the last layer's filters are permuted."""
    n = graph.tensors[graph.output].shape[-1] if graph.tensors[graph.output].shape else 1
    if sorted(order) != list(range(n)):
        got = ",".join(map(str, order))
        raise adapt_error(
            where, "order", f"expected each of 0 to {n - 1} once, got {got}", f"the model has {n} outputs"
        )
    layer = _last_layer(graph, n, where)
    rows = np.array(order)
    tensors = []
    for index in layer.inputs[1:]:
        if index < 0:
            continue
        tensor = graph.tensors[index]
        shared = sum(index in operator.inputs for operator in graph.operators) > 1
        if tensor.data is None or shared or tensor.shape[0] != n:
            raise adapt_error(
                where, "order", f"{operator_name(layer)} has no filters of its own for {n} classes", _HINT
            )
        values = np.frombuffer(tensor.data, np.uint8).reshape(n, -1)[rows]
        quantization = tensor.quantization
        if quantization is not None and len(quantization.scales) == n > 1:
            quantization = replace(
                quantization, scales=quantization.scales[rows], zero_points=quantization.zero_points[rows]
            )
        tensors.append(replace(tensor, data=values.tobytes(), quantization=quantization))
    words = f"{operator_name(layer)}: its {n} outputs in the order {','.join(map(str, order))}: equal to the bit"
    return Adapted(graph=with_tensors(graph, tensors), done=(words,))


def _last_layer(graph: Graph, n: int, where: str) -> Operator:
    operator = writer(graph, graph.output)
    while operator is not None and operator.code in _KEEP_PLACES:
        shape = graph.tensors[operator.inputs[0]].shape
        if shape[-1:] != (n,):
            break
        operator = writer(graph, operator.inputs[0])
    if operator is None or operator.code not in _WEIGHTED:
        raise adapt_error(where, "order", f"{operator_name(operator)} computes the classes and has no filters", _HINT)
    return operator


def _without(graph: Graph, operator: Operator) -> tuple[Operator, ...]:
    return tuple(each for each in graph.operators if each is not operator)


def _dtype(graph: Graph, tensor: int) -> str:
    return graph.tensors[tensor].dtype
