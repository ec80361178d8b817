"""BATCH_MATMUL of two tensors, of which one at least is computed."""

from __future__ import annotations

from collections.abc import Callable

from tinyhost.compiler.graph import Tensor
from tinyhost.compiler.image_format import MulParams, NoParams, OperatorCode
from tinyhost.compiler.lower.context import OperatorContext, Packable, Step
from tinyhost.compiler.lower.requantize import checked_multiplier, short_multiplier

__all__ = ["lower_batch_matmul", "lower_float_batch_matmul", "lower_int16_batch_matmul"]


def lower_batch_matmul(context: OperatorContext) -> Step:
    """BATCH_MATMUL of int8, of (n, m, k) and (n, p, k), as canonical/matrices.py writes it."""
    a, b, output = _matrices(context, context.int8)
    multiplier, shift = _multiplier(context, a, b, output)
    params = MulParams(multiplier=multiplier, shift=shift, activation_min=-128, activation_max=127)
    return _step(context, OperatorCode.BATCH_MATMUL, (a, b, output), params)


def lower_int16_batch_matmul(context: OperatorContext) -> Step:
    """BATCH_MATMUL of int16, whose sums have 64 bits."""
    a, b, output = _matrices(context, context.int16)
    multiplier, shift = short_multiplier(context, *_multiplier(context, a, b, output))
    params = MulParams(multiplier=multiplier, shift=shift, activation_min=-128, activation_max=127)
    return _step(context, OperatorCode.INT16_BATCH_MATMUL, (a, b, output), params)


def lower_float_batch_matmul(context: OperatorContext) -> Step:
    """BATCH_MATMUL of floats."""
    return _step(context, OperatorCode.FLOAT_BATCH_MATMUL, _matrices(context, context.floats), NoParams())


_Matrices = tuple[Tensor, Tensor, Tensor]


def _matrices(context: OperatorContext, checked: Callable[..., Tensor]) -> _Matrices:
    context.counts((2, 2))
    a, b, output = (checked(tensor, rank=3) for tensor in (context.input(0), context.input(1), context.output()))
    if context.option("AdjX") or not context.option("AdjY"):
        raise context.unsupported(
            "these shapes; supported: matrices that can be multiplied, and batches that can be broadcast"
        )
    n, m, k = a.shape
    context.same_shape(b, (n, b.shape[1], k))
    context.same_shape(output, (n, m, b.shape[1]))
    return a, b, output


def _multiplier(context: OperatorContext, a: Tensor, b: Tensor, output: Tensor) -> tuple[int, int]:
    return checked_multiplier(context, float(a.scale) * float(b.scale) / float(output.scale))


def _step(context: OperatorContext, code: OperatorCode, matrices: _Matrices, params: Packable) -> Step:
    a, b, output = matrices
    macs = output.n_elements * a.shape[2]
    return Step(code=code, inputs=(a.index, b.index), output=output.index, params=params, macs=macs, name=output.name)
