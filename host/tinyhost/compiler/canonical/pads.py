"""PADV2: padding with another value than the zero point."""

from __future__ import annotations

from tinyhost.compiler.canonical.draft import Draft, is_whole
from tinyhost.compiler.graph import Operator
from tinyhost.compiler.passes.rewrite import same_quantization

__all__ = ["rewrite_pad_v2"]


def rewrite_pad_v2(draft: Draft, operator: Operator) -> bool:
    """Write PADV2 as PAD, with the padding's value as an option unless it is the output's zero point."""
    if not is_whole(operator, 3):
        return False
    value, output = draft.tensors[operator.inputs[2]], draft.tensors[operator.outputs[0]]
    if value.data is None or value.n_elements != 1 or value.dtype != "int8" or not same_quantization(value, output):
        return False
    padding = int(value.array().reshape(())[()])
    options = {} if padding == output.zero_point else {"PadValue": padding}
    draft.emit(operator, "PAD", operator.inputs[:2], output.index, options)
    return True
