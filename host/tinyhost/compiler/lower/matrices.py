"""BATCH_MATMUL of two computed tensors."""

from __future__ import annotations

from tinyhost.compiler.image_format import MulParams, OperatorCode
from tinyhost.compiler.lower.context import OperatorContext, Step
from tinyhost.compiler.lower.requantize import checked_multiplier

__all__ = ["lower_batch_matmul"]


def lower_batch_matmul(context: OperatorContext) -> Step:
    """BATCH_MATMUL of (n, m, k) and (n, p, k), as canonical/matrices.py writes it."""
    context.counts((2, 2))
    a, b = (context.int8(context.input(i), rank=3) for i in range(2))
    output = context.int8(context.output(), rank=3)
    if context.option("AdjX") or not context.option("AdjY"):
        raise context.unsupported(
            "these shapes; supported: matrices that can be multiplied, and batches that can be broadcast"
        )
    n, m, k = a.shape
    context.same_shape(b, (n, b.shape[1], k))
    context.same_shape(output, (n, m, b.shape[1]))
    multiplier, shift = checked_multiplier(context, float(a.scale) * float(b.scale) / float(output.scale))
    params = MulParams(multiplier=multiplier, shift=shift, activation_min=-128, activation_max=127)
    return Step(
        code=OperatorCode.BATCH_MATMUL,
        inputs=(a.index, b.index),
        output=output.index,
        params=params,
        macs=output.n_elements * k,
        name=output.name,
    )
