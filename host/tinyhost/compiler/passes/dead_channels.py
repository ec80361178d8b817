"""Channels that need not be computed: constants that fold into the next bias, and what nobody reads.

A filter of zeros makes a channel constant; so does one whose output the activation always clamps to the same value.
Behind a constant channel a depthwise convolution is constant, unless its padding shows at the borders. Constants end
in the biases of the next convolution or fully connected layer.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.graph import Graph, Operator, Quantization, Tensor
from tinyhost.compiler.passes.folding import Contribution
from tinyhost.compiler.passes.liveness import Liveness, Mask
from tinyhost.compiler.passes.ranges import value_ranges
from tinyhost.compiler.passes.rewrite import context_of, new_constant
from tinyhost.compiler.passes.value_range import Int64s
from tinyhost.compiler.passes.weights import biases

__all__ = ["remove_dead_channels"]

_OF_SEVERAL_INPUTS = ("ADD", "CONCATENATION", "MAXIMUM", "MINIMUM", "MUL", "PRELU", "SUB")
_OUTPUT_AXES = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 0}


def remove_dead_channels(graph: Graph) -> Graph:
    """Return the graph with every tensor cut to the channels that are live."""
    liveness = Liveness(graph, value_ranges(graph))
    activations = {t for op in graph.operators for t in (*_data_inputs(op), *op.outputs)}
    if all(liveness.live[tensor].all() for tensor in activations):
        return graph
    tensors = [
        _cut(tensor, liveness.live[tensor.index]) if tensor.index in activations else tensor for tensor in graph.tensors
    ]
    operators = tuple(
        _cut_weights(graph, operator, liveness, liveness.contributions.get(i), tensors)
        for i, operator in enumerate(graph.operators)
    )
    return replace(graph, tensors=tuple(tensors), operators=operators)


def _data_inputs(operator: Operator) -> tuple[int, ...]:
    """Return the inputs that are activations, or constants in their place."""
    n = len(operator.inputs) if operator.code in _OF_SEVERAL_INPUTS else 1
    return operator.inputs[:n]


def _cut(tensor: Tensor, live: Mask) -> Tensor:
    if live.all():
        return tensor
    shape = (*tensor.shape[:-1], int(live.sum()))
    data = None if tensor.data is None else np.ascontiguousarray(tensor.array()[..., live]).tobytes()
    return replace(tensor, shape=shape, data=data)


def _cut_weights(
    graph: Graph, operator: Operator, liveness: Liveness, contribution: Contribution | None, tensors: list[Tensor]
) -> Operator:
    """Return the operator with weights and biases for what is live; new constants are appended to `tensors`."""
    if operator.code not in _OUTPUT_AXES:
        return operator
    inputs, outputs = liveness.live[operator.inputs[0]], liveness.live[operator.outputs[0]]
    if inputs.all() and outputs.all():
        return operator
    context, axis = context_of(graph, operator), _OUTPUT_AXES[operator.code]
    filters = context.input(1)
    weights = np.compress(outputs, filters.array(), axis=axis)
    bias = biases(context, len(outputs))
    if contribution is not None:
        repeats = weights.shape[-1] // len(inputs)
        weights = weights[..., np.tile(inputs, repeats)]
        bias = bias + contribution.amount[:, ~inputs].sum(axis=1)
    quantization = _cut_quantization(filters, outputs, axis)
    weights_index = new_constant(tensors, filters.name, weights, quantization)
    bias_index = new_constant(tensors, f"{filters.name}/bias", _wrapped(bias[outputs]))
    return replace(operator, inputs=(operator.inputs[0], weights_index, bias_index))


def _cut_quantization(filters: Tensor, outputs: Mask, axis: int) -> Quantization | None:
    found = filters.quantization
    if found is None or len(found.scales) == 1:
        return found
    return replace(found, scales=found.scales[outputs], zero_points=found.zero_points[outputs], axis=axis)


def _wrapped(values: Int64s) -> NDArray[np.int32]:
    """Return values modulo 2^32, as the engine adds."""
    return values.astype(np.uint64).astype(np.uint32).view(np.int32)
