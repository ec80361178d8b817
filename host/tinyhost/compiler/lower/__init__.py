"""From TensorFlow Lite operators to steps of the plan: one function per operator, found by name."""

from __future__ import annotations

from collections.abc import Callable, Container

from tinyhost.compiler.constants import ConstantPool
from tinyhost.compiler.graph import Graph, Operator
from tinyhost.compiler.lower.activations import (
    lower_abs,
    lower_elu,
    lower_exp,
    lower_gelu,
    lower_hard_swish,
    lower_leaky_relu,
    lower_log,
    lower_lookup,
    lower_rsqrt,
    lower_sqrt,
)
from tinyhost.compiler.lower.context import NO_SCRATCH_LIMIT, OperatorContext, Step
from tinyhost.compiler.lower.elementwise import (
    lower_add,
    lower_compare,
    lower_dequantize,
    lower_div,
    lower_extreme,
    lower_logistic,
    lower_mul,
    lower_prelu,
    lower_quantize,
    lower_relu,
    lower_relu6,
    lower_select,
    lower_squared_difference,
    lower_tanh,
)
from tinyhost.compiler.lower.floats import (
    lower_float_binary,
    lower_float_compare,
    lower_float_conv,
    lower_float_depthwise_conv,
    lower_float_fully_connected,
    lower_float_mean,
    lower_float_pool,
    lower_float_softmax,
    lower_float_unary,
)
from tinyhost.compiler.lower.int16 import (
    lower_int16_binary,
    lower_int16_dequantize,
    lower_int16_leaky_relu,
    lower_int16_mean,
    lower_int16_pool,
    lower_int16_quantize,
    lower_int16_relu6,
    lower_int16_rsqrt,
    lower_int16_scale,
    lower_int16_sigmoid,
    lower_int16_softmax,
)
from tinyhost.compiler.lower.int16_weighted import (
    lower_int16_conv,
    lower_int16_depthwise_conv,
    lower_int16_fully_connected,
)
from tinyhost.compiler.lower.integers import lower_cast, lower_gather, lower_int32_binary, lower_int32_compare
from tinyhost.compiler.lower.layout import lower_concatenation, lower_pad, lower_reshape, lower_strided_copy
from tinyhost.compiler.lower.matrices import lower_batch_matmul, lower_float_batch_matmul, lower_int16_batch_matmul
from tinyhost.compiler.lower.rare import lower_cumsum, lower_log_softmax
from tinyhost.compiler.lower.recurrent import lower_lstm
from tinyhost.compiler.lower.reduction import (
    lower_arg_max,
    lower_l2_normalization,
    lower_mean,
    lower_pool,
    lower_softmax,
)
from tinyhost.compiler.lower.resize import lower_float_resize_bilinear, lower_resize_bilinear
from tinyhost.compiler.lower.svdf import lower_svdf
from tinyhost.compiler.lower.weighted import lower_conv, lower_depthwise_conv, lower_fully_connected
from tinyhost.compiler.obstacles import (
    obstacles_of_forms,
    obstacles_of_operators,
    obstacles_of_types,
    unsupported_model,
)
from tinyhost.errors import UnsupportedModelError

__all__ = ["LOWERED_OPERATORS", "Step", "lower_graph", "lower_operator"]

_LOWERINGS: dict[str, Callable[[OperatorContext], Step]] = {
    "ABS": lower_abs,
    "ADD": lower_add,
    "ARG_MAX": lower_arg_max,
    "AVERAGE_POOL_2D": lower_pool,
    "BATCH_MATMUL": lower_batch_matmul,
    "CAST": lower_cast,
    "COMPARE": lower_compare,
    "CONCATENATION": lower_concatenation,
    "CONV_2D": lower_conv,
    "CUMSUM": lower_cumsum,
    "DEPTHWISE_CONV_2D": lower_depthwise_conv,
    "DEQUANTIZE": lower_dequantize,
    "DIV": lower_div,
    "ELU": lower_elu,
    "EXP": lower_exp,
    "FLOAT_ABS": lower_float_unary,
    "FLOAT_ADD": lower_float_binary,
    "FLOAT_ARG_MAX": lower_arg_max,
    "FLOAT_AVERAGE_POOL_2D": lower_float_pool,
    "FLOAT_BATCH_MATMUL": lower_float_batch_matmul,
    "FLOAT_CEIL": lower_float_unary,
    "FLOAT_COMPARE": lower_float_compare,
    "FLOAT_CONV_2D": lower_float_conv,
    "FLOAT_COS": lower_float_unary,
    "FLOAT_DEPTHWISE_CONV_2D": lower_float_depthwise_conv,
    "FLOAT_DIV": lower_float_binary,
    "FLOAT_ELU": lower_float_unary,
    "FLOAT_EXP": lower_float_unary,
    "FLOAT_FLOOR": lower_float_unary,
    "FLOAT_FLOOR_DIV": lower_float_binary,
    "FLOAT_FLOOR_MOD": lower_float_binary,
    "FLOAT_FULLY_CONNECTED": lower_float_fully_connected,
    "FLOAT_HARD_SWISH": lower_float_unary,
    "FLOAT_LEAKY_RELU": lower_float_unary,
    "FLOAT_LOG": lower_float_unary,
    "FLOAT_LOGISTIC": lower_float_unary,
    "FLOAT_MAXIMUM": lower_float_binary,
    "FLOAT_MAX_POOL_2D": lower_float_pool,
    "FLOAT_MEAN": lower_float_mean,
    "FLOAT_MINIMUM": lower_float_binary,
    "FLOAT_MUL": lower_float_binary,
    "FLOAT_NEG": lower_float_unary,
    "FLOAT_PRELU": lower_float_binary,
    "FLOAT_RELU": lower_float_unary,
    "FLOAT_RELU6": lower_float_unary,
    "FLOAT_RESIZE_BILINEAR": lower_float_resize_bilinear,
    "FLOAT_ROUND": lower_float_unary,
    "FLOAT_RSQRT": lower_float_unary,
    "FLOAT_SELECT": lower_select,
    "FLOAT_SIN": lower_float_unary,
    "FLOAT_SOFTMAX": lower_float_softmax,
    "FLOAT_SQRT": lower_float_unary,
    "FLOAT_SQUARE": lower_float_unary,
    "FLOAT_SQUARED_DIFFERENCE": lower_float_binary,
    "FLOAT_SUB": lower_float_binary,
    "FLOAT_SUM": lower_float_mean,
    "FLOAT_TANH": lower_float_unary,
    "FULLY_CONNECTED": lower_fully_connected,
    "GATHER": lower_gather,
    "GELU": lower_gelu,
    "HARD_SWISH": lower_hard_swish,
    "INT32_ADD": lower_int32_binary,
    "INT32_COMPARE": lower_int32_compare,
    "INT32_DIV": lower_int32_binary,
    "INT32_MAXIMUM": lower_int32_binary,
    "INT32_MINIMUM": lower_int32_binary,
    "INT32_MUL": lower_int32_binary,
    "INT32_SQUARED_DIFFERENCE": lower_int32_binary,
    "INT32_SUB": lower_int32_binary,
    "L2_NORMALIZATION": lower_l2_normalization,
    "INT16_ABS": lower_int16_scale,
    "INT16_ADD": lower_int16_binary,
    "INT16_AVERAGE_POOL_2D": lower_int16_pool,
    "INT16_BATCH_MATMUL": lower_int16_batch_matmul,
    "INT16_CONV_2D": lower_int16_conv,
    "INT16_DEPTHWISE_CONV_2D": lower_int16_depthwise_conv,
    "INT16_DEQUANTIZE": lower_int16_dequantize,
    "INT16_FULLY_CONNECTED": lower_int16_fully_connected,
    "INT16_LEAKY_RELU": lower_int16_leaky_relu,
    "INT16_LOGISTIC": lower_int16_sigmoid,
    "INT16_MAXIMUM": lower_int16_binary,
    "INT16_MAX_POOL_2D": lower_int16_pool,
    "INT16_MEAN": lower_int16_mean,
    "INT16_MINIMUM": lower_int16_binary,
    "INT16_MUL": lower_int16_binary,
    "INT16_PRELU": lower_int16_binary,
    "INT16_QUANTIZE": lower_int16_quantize,
    "INT16_RELU": lower_int16_scale,
    "INT16_RELU6": lower_int16_relu6,
    "INT16_RSQRT": lower_int16_rsqrt,
    "INT16_SOFTMAX": lower_int16_softmax,
    "INT16_SQUARED_DIFFERENCE": lower_int16_binary,
    "INT16_SUB": lower_int16_binary,
    "INT16_SUM": lower_int16_mean,
    "INT16_TANH": lower_int16_sigmoid,
    "LEAKY_RELU": lower_leaky_relu,
    "LOG": lower_log,
    "LOGISTIC": lower_logistic,
    "LOG_SOFTMAX": lower_log_softmax,
    "LOOKUP": lower_lookup,
    "MAXIMUM": lower_extreme,
    "MAX_POOL_2D": lower_pool,
    "MEAN": lower_mean,
    "MINIMUM": lower_extreme,
    "MUL": lower_mul,
    "PAD": lower_pad,
    "PRELU": lower_prelu,
    "QUANTIZE": lower_quantize,
    "RELU": lower_relu,
    "RELU6": lower_relu6,
    "RESHAPE": lower_reshape,
    "RESIZE_BILINEAR": lower_resize_bilinear,
    "RSQRT": lower_rsqrt,
    "SELECT": lower_select,
    "SOFTMAX": lower_softmax,
    "SQRT": lower_sqrt,
    "SQUARED_DIFFERENCE": lower_squared_difference,
    "STRIDED_COPY": lower_strided_copy,
    "SUB": lower_add,
    "SUM": lower_mean,
    "SVDF": lower_svdf,
    "TANH": lower_tanh,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": lower_lstm,
}

_OF_FLOATS = frozenset(code.removeprefix("FLOAT_") for code in _LOWERINGS if code.startswith("FLOAT_"))

LOWERED_OPERATORS = tuple(_LOWERINGS)
"""By name: TensorFlow Lite's, and those that canonical writes."""


def lower_graph(
    graph: Graph,
    pool: ConstantPool,
    *,
    where: str,
    scratch_limit: int = NO_SCRATCH_LIMIT,
    winograd: Container[int] = (),
) -> tuple[Step, ...]:
    """Return the steps of a graph, in order, with their weights and tables in `pool`.

    scratch_limit: bytes beyond which depthwise convolutions work on fewer channels at once, more slowly.
    winograd: outputs of convolutions that become WINOGRAD_CONV_2D where that gains.
    Raises UnsupportedModelError, naming all obstacles, for what the engine lacks; ModelError for what none could run.
    """
    obstacles = [*graph.obstacles, *obstacles_of_types(graph)]
    lacking = [op for op in graph.operators if op.code not in _LOWERINGS and not (obstacles and op.code == "DENSIFY")]
    obstacles += obstacles_of_operators(lacking, _OF_FLOATS)
    if obstacles:
        raise unsupported_model(where, obstacles)
    steps = []
    refused: list[tuple[Operator, str, str]] = []
    for operator in graph.operators:
        context = OperatorContext(
            graph=graph, operator=operator, pool=pool, where=where, scratch_limit=scratch_limit, winograd=winograd
        )
        try:
            steps.append(_LOWERINGS[operator.code](context))
        except UnsupportedModelError as error:
            refused.append((operator, error.message.removeprefix(f"{context.title}: "), error.hint))
    if refused:
        raise unsupported_model(where, obstacles_of_forms(refused))
    return tuple(steps)


def lower_operator(context: OperatorContext) -> Step:
    """Return the step of one operator that lower_graph would accept."""
    return _LOWERINGS[context.operator.code](context)
