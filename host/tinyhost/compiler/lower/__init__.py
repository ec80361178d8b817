"""From TensorFlow Lite operators to steps of the plan: one function per operator, found by name."""

from __future__ import annotations

from collections.abc import Callable

from tinyhost.compiler.constants import ConstantPool
from tinyhost.compiler.graph import Graph
from tinyhost.compiler.lower.context import OperatorContext, Step
from tinyhost.compiler.lower.elementwise import (
    lower_add,
    lower_dequantize,
    lower_logistic,
    lower_mul,
    lower_quantize,
    lower_relu,
    lower_relu6,
)
from tinyhost.compiler.lower.layout import lower_concatenation, lower_pad, lower_reshape, lower_strided_copy
from tinyhost.compiler.lower.reduction import lower_mean, lower_pool, lower_softmax
from tinyhost.compiler.lower.weighted import lower_conv, lower_depthwise_conv, lower_fully_connected

__all__ = ["SUPPORTED_OPERATORS", "Step", "lower_graph", "lower_operator"]

_LOWERINGS: dict[str, Callable[[OperatorContext], Step]] = {
    "ADD": lower_add,
    "AVERAGE_POOL_2D": lower_pool,
    "CONCATENATION": lower_concatenation,
    "CONV_2D": lower_conv,
    "DEPTHWISE_CONV_2D": lower_depthwise_conv,
    "DEQUANTIZE": lower_dequantize,
    "FULLY_CONNECTED": lower_fully_connected,
    "LOGISTIC": lower_logistic,
    "MAX_POOL_2D": lower_pool,
    "MEAN": lower_mean,
    "MUL": lower_mul,
    "PAD": lower_pad,
    "QUANTIZE": lower_quantize,
    "RELU": lower_relu,
    "RELU6": lower_relu6,
    "RESHAPE": lower_reshape,
    "SOFTMAX": lower_softmax,
    "STRIDED_COPY": lower_strided_copy,
    "SUM": lower_mean,
}

SUPPORTED_OPERATORS = tuple(_LOWERINGS)
"""Operators that the engine has, by their TensorFlow Lite names."""


def lower_graph(graph: Graph, pool: ConstantPool, *, where: str) -> tuple[Step, ...]:
    """Return the steps of a graph, in order, with their weights and tables in `pool`.

    Raises UnsupportedModelError, naming the operator, for what the engine lacks; ModelError for what none could run.
    """
    supported = f"the engine has {', '.join(SUPPORTED_OPERATORS)}, int8, one input and one output"
    steps = []
    for operator in graph.operators:
        context = OperatorContext(graph=graph, operator=operator, pool=pool, where=where, supported=supported)
        if operator.code not in _LOWERINGS:
            raise context.unsupported("the engine lacks this operator")
        steps.append(_LOWERINGS[operator.code](context))
    return tuple(steps)


def lower_operator(context: OperatorContext) -> Step:
    """Return the step of one operator that lower_graph would accept."""
    return _LOWERINGS[context.operator.code](context)
