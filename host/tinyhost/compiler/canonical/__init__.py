"""What converters write in a roundabout way, in the few operators that lowering knows.

Shapes that a graph computes from shapes become constants; operators that only rename dimensions become RESHAPE; sums
and means over any axes become those over height and width. The graph computes the same, operator by operator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tinyhost.compiler.canonical.constants import fold_constant
from tinyhost.compiler.canonical.copies import rewrite_copy
from tinyhost.compiler.canonical.draft import Draft
from tinyhost.compiler.canonical.float_tables import fold_float_tables
from tinyhost.compiler.canonical.reductions import rewrite_reduction
from tinyhost.compiler.canonical.transpose_conv import rewrite_transpose_conv
from tinyhost.compiler.canonical.views import rewrite_pack, rewrite_view
from tinyhost.compiler.graph import Graph, Operator

__all__ = ["REWRITTEN_OPERATORS", "canonical"]

_RULES: Mapping[str, Callable[[Draft, Operator], bool]] = {
    "DEPTH_TO_SPACE": rewrite_copy,
    "EXPAND_DIMS": rewrite_view,
    "MEAN": rewrite_reduction,
    "PACK": rewrite_pack,
    "RESIZE_NEAREST_NEIGHBOR": rewrite_copy,
    "SLICE": rewrite_copy,
    "SPACE_TO_DEPTH": rewrite_copy,
    "SPLIT": rewrite_copy,
    "SPLIT_V": rewrite_copy,
    "SQUEEZE": rewrite_view,
    "STRIDED_SLICE": rewrite_copy,
    "SUM": rewrite_reduction,
    "TRANSPOSE": rewrite_copy,
    "TRANSPOSE_CONV": rewrite_transpose_conv,
    "UNPACK": rewrite_copy,
}
"""Each returns whether it has written the operator in another way."""

REWRITTEN_OPERATORS = tuple(_RULES)
"""Operators that lowering need not know, by their TensorFlow Lite names."""


def canonical(graph: Graph) -> Graph:
    """Return the graph in operators that lowering knows, as far as they can be; the others stay, to be refused."""
    draft = Draft(graph)
    for operator in graph.operators:
        rule = _RULES.get(operator.code)
        if not fold_constant(draft, operator) and not (rule and rule(draft, operator)):
            draft.keep(operator)
    return fold_float_tables(draft.graph())
