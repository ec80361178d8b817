"""Rewrites what converters express in a roundabout way as the few operators that lowering knows.

Shapes that a graph computes from shapes become constants; operators that only rename dimensions become RESHAPE; sums
and means over any axes become those over height and width; convolutions of pixels that were taken apart are dilated
ones; loops are unrolled; variables become states; weights of fewer bits between floats are expanded. The graph computes
the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tinyhost.compiler.canonical.arithmetic import rewrite_add_n, rewrite_cumsum
from tinyhost.compiler.canonical.booleans import (
    follow_booleans,
    rewrite_boolean_reduction,
    rewrite_comparison,
    rewrite_logic,
    rewrite_select,
)
from tinyhost.compiler.canonical.casts import rewrite_cast, rewrite_quantize, scale_numbers
from tinyhost.compiler.canonical.constants import fold_constant
from tinyhost.compiler.canonical.copies import rewrite_copy
from tinyhost.compiler.canonical.dilation import DILATING_OPERATORS, fold_dilation
from tinyhost.compiler.canonical.draft import Draft
from tinyhost.compiler.canonical.float_lstm import unroll_float_lstm
from tinyhost.compiler.canonical.float_tables import fold_float_tables
from tinyhost.compiler.canonical.floats import expand_constants, name_floats
from tinyhost.compiler.canonical.int16 import name_int16
from tinyhost.compiler.canonical.integers import name_int32
from tinyhost.compiler.canonical.loops import unroll_loops
from tinyhost.compiler.canonical.matrices import rewrite_batch_matmul
from tinyhost.compiler.canonical.moves import (
    rewrite_gather,
    rewrite_gather_nd,
    rewrite_mirror_pad,
    rewrite_resize_nearest,
)
from tinyhost.compiler.canonical.pads import rewrite_pad_v2
from tinyhost.compiler.canonical.ranks import merge_dimensions
from tinyhost.compiler.canonical.reductions import (
    rewrite_arg_max,
    rewrite_l2_normalization,
    rewrite_log_softmax,
    rewrite_reduction,
)
from tinyhost.compiler.canonical.shapes import fold_fill, fold_zeros_like, infer_shape
from tinyhost.compiler.canonical.svdf import hold_svdf_states
from tinyhost.compiler.canonical.transpose_conv import rewrite_transpose_conv
from tinyhost.compiler.canonical.variables import VARIABLE_OPERATORS, fold_variables
from tinyhost.compiler.canonical.views import rewrite_concatenation, rewrite_pack, rewrite_view
from tinyhost.compiler.graph import Graph, Operator

__all__ = ["REWRITTEN_OPERATORS", "canonical"]

_RULES: Mapping[str, Callable[[Draft, Operator], bool]] = {
    "ADD_N": rewrite_add_n,
    "ARG_MAX": rewrite_arg_max,
    "ARG_MIN": rewrite_arg_max,
    "BATCH_MATMUL": rewrite_batch_matmul,
    "BROADCAST_TO": rewrite_copy,
    "CAST": rewrite_cast,
    "CONCATENATION": rewrite_concatenation,
    "CUMSUM": rewrite_cumsum,
    "DEPTH_TO_SPACE": rewrite_copy,
    "EQUAL": rewrite_comparison,
    "EXPAND_DIMS": rewrite_view,
    "FILL": fold_fill,
    "GATHER": rewrite_gather,
    "GATHER_ND": rewrite_gather_nd,
    "GREATER": rewrite_comparison,
    "GREATER_EQUAL": rewrite_comparison,
    "L2_NORMALIZATION": rewrite_l2_normalization,
    "LESS": rewrite_comparison,
    "LESS_EQUAL": rewrite_comparison,
    "LOGICAL_AND": rewrite_logic,
    "LOGICAL_NOT": rewrite_logic,
    "LOGICAL_OR": rewrite_logic,
    "LOG_SOFTMAX": rewrite_log_softmax,
    "MEAN": rewrite_reduction,
    "MIRROR_PAD": rewrite_mirror_pad,
    "NOT_EQUAL": rewrite_comparison,
    "PACK": rewrite_pack,
    "PADV2": rewrite_pad_v2,
    "QUANTIZE": rewrite_quantize,
    "REDUCE_ALL": rewrite_boolean_reduction,
    "REDUCE_ANY": rewrite_boolean_reduction,
    "REDUCE_MAX": rewrite_reduction,
    "REDUCE_MIN": rewrite_reduction,
    "RESIZE_NEAREST_NEIGHBOR": rewrite_resize_nearest,
    "REVERSE_V2": rewrite_copy,
    "SELECT": rewrite_select,
    "SELECT_V2": rewrite_select,
    "SLICE": rewrite_copy,
    "SPACE_TO_DEPTH": rewrite_copy,
    "SPLIT": rewrite_copy,
    "SPLIT_V": rewrite_copy,
    "SQUEEZE": rewrite_view,
    "STRIDED_SLICE": rewrite_copy,
    "SUM": rewrite_reduction,
    "TILE": rewrite_copy,
    "TRANSPOSE": rewrite_copy,
    "TRANSPOSE_CONV": rewrite_transpose_conv,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": unroll_float_lstm,
    "UNPACK": rewrite_copy,
    "ZEROS_LIKE": fold_zeros_like,
}
"""Each returns whether it has written the operator in another way."""

REWRITTEN_OPERATORS = (*_RULES, *DILATING_OPERATORS, *VARIABLE_OPERATORS, "WHILE")
"""Operators that lowering need not know, by their TensorFlow Lite names."""


def canonical(graph: Graph) -> Graph:
    """Return the graph in operators that lowering knows; operators without a rule stay, and lowering refuses them."""
    graph = scale_numbers(hold_svdf_states(expand_constants(fold_variables(unroll_loops(graph)))))
    draft = Draft(graph)
    for operator in graph.operators:
        infer_shape(draft, operator)
        follow_booleans(draft, operator)
        rule = _RULES.get(operator.code)
        if not fold_constant(draft, operator) and not (rule and rule(draft, operator)):
            draft.keep(operator)
    return name_int32(name_int16(name_floats(fold_float_tables(merge_dimensions(fold_dilation(draft.graph()))))))
