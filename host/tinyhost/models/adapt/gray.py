"""Converts a model of colour pictures to grey ones: the first layer's filters are summed over the channels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.graph import Graph, Operator, Quantization, Tensor
from tinyhost.models.adapt.graphs import Adapted, adapt_error, operator_name, rescaled, with_tensors

__all__ = ["to_gray"]

_COLOURS = 3
_MOST = 127
_PER_CHANNEL = frozenset(
    {"QUANTIZE", "DEQUANTIZE", "AVERAGE_POOL_2D", "MAX_POOL_2D", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"}
    | {"RELU", "RELU6", "RELU_N1_TO_1", "LOGISTIC", "TANH", "HARD_SWISH", "LEAKY_RELU", "ELU", "ABS", "NEG"}
)
_PADS = frozenset({"PAD", "PADV2", "MIRROR_PAD"})
_ARITHMETIC = frozenset({"ADD", "SUB", "MUL", "DIV", "MAXIMUM", "MINIMUM"})
_HINT = "ask for a model of grey pictures, or train one: tinyhost train vww"


def to_gray(graph: Graph, where: str) -> Adapted:
    """Return a model with one channel that has the results of the original for three equal channels.

    Raises UnsupportedModelError if the input is not a colour picture, or the first operators distinguish the channels.
    """
    shape = graph.tensors[graph.input].shape
    if len(shape) != 4 or shape[3] != _COLOURS:
        raise adapt_error(
            where, "grey", f"its input is {'x'.join(map(str, shape))}, expected three channels", "omit --gray"
        )
    done: list[str] = []
    is_exact = True
    gray = {graph.input}
    operators: list[Operator] = []
    for operator in graph.operators:
        reads = [index for index in operator.inputs if index in gray]
        changed = operator
        if reads and operator.code == "CONV_2D" and operator.inputs[0] in gray:
            graph, n_rounded = _summed(graph, operator, where)
            is_exact = is_exact and not n_rounded
            done.append(_summed_words(graph, operator, n_rounded))
        elif reads and operator.code == "DEPTHWISE_CONV_2D" and operator.inputs[0] in gray:
            multiplier = _COLOURS * int(operator.options["DepthMultiplier"])
            changed = replace(operator, options={**operator.options, "DepthMultiplier": multiplier})
            done.append(
                f"{operator_name(operator)} makes {multiplier} channels of one, with the same filters: equal to the bit"
            )
        elif reads:
            graph = _passed(graph, operator, gray, where)
            gray.update(operator.outputs)
        operators.append(changed)
    if graph.output in gray:
        raise adapt_error(where, "grey", "its output is a colour picture itself", _HINT)
    graph = with_tensors(graph, (_one_channel(graph.tensors[index]) for index in sorted(gray)))
    return Adapted(graph=replace(graph, operators=tuple(operators)), done=tuple(done), is_exact=is_exact)


def _one_channel(tensor: Tensor) -> Tensor:
    return replace(tensor, shape=(*tensor.shape[:-1], 1))


def _passed(graph: Graph, operator: Operator, gray: set[int], where: str) -> Graph:
    """Return the graph, with an operator's constants for one channel, if it treats all channels alike."""
    others = [graph.tensors[index] for index in operator.inputs if index >= 0 and index not in gray]
    if operator.code in _PER_CHANNEL or (operator.code in _PADS and _pads_no_channel(others)):
        return graph
    if operator.code in _ARITHMETIC:
        constants = list(_equal_constants(others))
        if len(constants) == len(others):
            return with_tensors(graph, constants)
        why = f"{operator_name(operator)} treats the channels differently"
        raise adapt_error(
            where, "grey", why, "use a model that takes pictures without subtracting a mean for each colour"
        )
    raise adapt_error(where, "grey", f"{operator_name(operator)} comes before the first layer", _HINT)


def _pads_no_channel(others: list[Tensor]) -> bool:
    paddings = others[0] if others else None
    if paddings is None or paddings.data is None or paddings.dtype not in ("int32", "int64"):
        return False
    return paddings.shape == (4, 2) and not paddings.array()[3].any()


def _equal_constants(others: list[Tensor]) -> Iterator[Tensor]:
    """Yield the constants that are equal for all channels, reduced to one channel."""
    for tensor in others:
        if tensor.data is None or tensor.dtype not in ("int8", "uint8", "int16", "int32", "float32"):
            return
        values = tensor.array()
        if tensor.n_elements == 1:
            yield tensor
        elif tensor.shape[-1] == _COLOURS and (values == values[..., :1]).all():
            yield replace(tensor, shape=(*tensor.shape[:-1], 1), data=np.ascontiguousarray(values[..., :1]).tobytes())
        else:
            return


def _summed(graph: Graph, operator: Operator, where: str) -> tuple[Graph, int]:
    """Return the graph with a convolution's filters summed over the channels, and the number of rounded filters."""
    filters = graph.tensors[operator.inputs[1]]
    bias = graph.tensors[operator.inputs[2]] if len(operator.inputs) > 2 and operator.inputs[2] >= 0 else None
    if filters.data is None or filters.shape[3:] != (_COLOURS,) or filters.dtype not in ("int8", "float32"):
        what = f"{filters.dtype} {'x'.join(map(str, filters.shape))}"
        raise adapt_error(where, "grey", f"{operator_name(operator)} has filters of {what}", _HINT)
    for tensor in (filters, bias):
        if tensor is not None and sum(tensor.index in other.inputs for other in graph.operators) > 1:
            raise adapt_error(
                where, "grey", f"{operator_name(operator)} shares its filters or bias with another", _HINT
            )
    if filters.dtype == "float32":
        values = filters.array().astype(np.float64).sum(axis=3, keepdims=True).astype("<f4")
        return with_tensors(graph, [replace(_one_channel(filters), data=values.tobytes())]), 0
    sums = filters.array().astype(np.int64).sum(axis=3, keepdims=True)
    most = np.abs(sums).reshape(len(sums), -1).max(axis=1)
    shrinks = np.maximum(1.0, most / _MOST)
    changed, scales = _requantized(filters, sums, shrinks)
    tensors = [changed]
    if bias is not None and (shrinks > 1.0).any():
        if bias.data is None or bias.dtype != "int32":
            raise adapt_error(
                where, "grey", f"{operator_name(operator)} has a bias of {bias.dtype} that is not constant", _HINT
            )
        input_scale = float(graph.tensors[operator.inputs[0]].scale)
        old = input_scale * scales / shrinks
        tensors.append(rescaled(bias, bias.array().astype(np.float64) * old, input_scale * scales, where))
    return with_tensors(graph, tensors), int((shrinks > 1.0).sum())


def _requantized(
    filters: Tensor, sums: NDArray[np.int64], shrinks: NDArray[np.float64]
) -> tuple[Tensor, NDArray[np.float64]]:
    """Return the int8 filters of one channel, each with its scale times `shrinks`, and these scales.

    A filter whose sums fit int8 keeps its scale, and its values are exact.
    """
    assert filters.quantization is not None
    old = np.broadcast_to(filters.quantization.scales.astype(np.float64), (len(sums),))
    scales = (old * shrinks).astype(np.float32)
    values = np.stack([_rounded(each / shrink) for each, shrink in zip(sums, shrinks, strict=True)]).astype(np.int8)
    if (shrinks > 1.0).any():
        quantization = Quantization(scales=scales, zero_points=np.zeros(len(scales), np.int64), axis=0)
    else:
        quantization = filters.quantization
    changed = replace(_one_channel(filters), data=values.tobytes(), quantization=quantization)
    return changed, scales.astype(np.float64)


def _rounded(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a filter's values rounded to integers whose sum is as close as possible to the original.

    Pictures are smooth: what counts most is the sum of a filter's errors. So those that are nearest to being rounded
    the other way are.
    """
    nearest = np.rint(values)
    errors = (values - nearest).ravel()
    rest = round(float(values.sum() - nearest.sum()))
    chosen = np.argsort(-np.sign(rest) * errors, kind="stable")[: abs(rest)]
    flat = nearest.ravel()
    flat[chosen] += np.sign(rest)
    return np.clip(flat, -_MOST, _MOST).reshape(values.shape)


def _summed_words(graph: Graph, operator: Operator, n_rounded: int) -> str:
    n = graph.tensors[operator.inputs[1]].shape[0]
    exact = (
        "equal to the bit" if graph.tensors[operator.inputs[1]].dtype == "int8" else "equal but for the order of sums"
    )
    rounded = f"{n_rounded} of them rounded to int8 anew, by half a step of their new scale at most"
    return f"{operator_name(operator)}: {n} filters summed over three channels, {rounded if n_rounded else exact}"
