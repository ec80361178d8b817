"""Int16 activations: operators on them get names of their own.

The passes, which reason about bytes, look at names, and so leave them alone.
"""

from __future__ import annotations

from tinyhost.compiler.canonical.names import with_prefix
from tinyhost.compiler.graph import Graph, Operator

__all__ = ["INT16_OPERATORS", "name_int16"]

INT16_OPERATORS = (
    "ABS",
    "ADD",
    "AVERAGE_POOL_2D",
    "BATCH_MATMUL",
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "DEQUANTIZE",
    "FULLY_CONNECTED",
    "LEAKY_RELU",
    "LOGISTIC",
    "MAXIMUM",
    "MAX_POOL_2D",
    "MEAN",
    "MINIMUM",
    "MUL",
    "PRELU",
    "QUANTIZE",
    "RELU",
    "RELU6",
    "RSQRT",
    "SOFTMAX",
    "SQUARED_DIFFERENCE",
    "SUB",
    "SUM",
    "TANH",
)
"""That lowering knows with INT16_ before their names."""


def name_int16(graph: Graph) -> Graph:
    """Return the graph with INT16_ before the names of operators on int16 that lowering knows."""
    return with_prefix(graph, "INT16_", _is_on_int16)


def _is_on_int16(graph: Graph, operator: Operator) -> bool:
    tensors = [index for index in (*operator.inputs[:1], *operator.outputs) if index >= 0]
    return operator.code in INT16_OPERATORS and any(graph.tensors[index].dtype == "int16" for index in tensors)
