"""A RELU or RELU6 of its own, after an operator that can clamp its output itself."""

from __future__ import annotations

from dataclasses import replace

from tinyhost.compiler.graph import Graph, Operator
from tinyhost.compiler.passes.rewrite import producer_of, readers_of, same_quantization, with_operator

__all__ = ["fuse_activations"]

_CLAMPING = (
    "ADD",
    "AVERAGE_POOL_2D",
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "FULLY_CONNECTED",
    "MAX_POOL_2D",
    "MUL",
    "SUB",
)
_NONE, _RELU, _RELU6 = 0, 1, 3
_COMBINED = {
    (_NONE, "RELU"): _RELU,
    (_RELU, "RELU"): _RELU,
    (_RELU6, "RELU"): _RELU6,
    (_NONE, "RELU6"): _RELU6,
    (_RELU, "RELU6"): _RELU6,
    (_RELU6, "RELU6"): _RELU6,
}


def fuse_activations(graph: Graph) -> Graph:
    """Return the graph with RELU and RELU6 fused into the operators before them, where both round alike.

    That is so if the activation keeps its input's quantization: then it only clamps, as the operator before does.
    """
    for activation in graph.operators:
        fused = _fused(graph, activation)
        if fused is not None:
            before, operator = fused
            return fuse_activations(with_operator(with_operator(graph, activation, None), before, operator))
    return graph


def _fused(graph: Graph, activation: Operator) -> tuple[Operator, Operator] | None:
    """Return (the operator before, the same with the activation in it), or None if they do not go together."""
    if activation.code not in ("RELU", "RELU6"):
        return None
    data, output = activation.inputs[0], activation.outputs[0]
    before = producer_of(graph, data)
    if before is None or before.code not in _CLAMPING or data in graph.results or len(readers_of(graph, data)) > 1:
        return None
    code = _COMBINED.get((int(before.options["FusedActivationFunction"]), activation.code))
    if code is None or not same_quantization(graph.tensors[data], graph.tensors[output]):
        return None
    options = {**before.options, "FusedActivationFunction": code}
    return before, replace(before, outputs=(output,), options=options)
