"""SVDF of int8, whose state canonical/svdf.py holds. TFLM's output takes all of int8, whatever activation is fused."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.graph import Tensor
from tinyhost.compiler.image_format import OperatorCode, SvdfParams
from tinyhost.compiler.lower.context import OperatorContext, Step
from tinyhost.compiler.lower.requantize import checked_multiplier

__all__ = ["lower_svdf"]

_MAX_SIZE = 0xFFFF


def lower_svdf(context: OperatorContext) -> Step:
    """SVDF: weights of features (filters, inputs), of time (filters, memory) in int16; a unit has `Rank` filters."""
    context.counts((5, 5))
    data, output, state = context.int8(context.input(0)), context.int8(context.output()), context.input(4)
    if "StateScale" not in context.operator.options:
        raise context.unsupported(f"state {state.name!r} is {state.dtype}; supported: int16")
    features, times = _scaled(context, 1, "int8"), _scaled(context, 2, "int16")
    weights, time_weights = context.constant(features, "int8"), context.constant(times, "int16")
    if not data.shape or not output.shape:
        raise context.corrupt("input and output", expected="rows", got="a single number")
    rank, n_units = context.option("Rank"), output.n_elements
    if weights.ndim != 2 or time_weights.ndim != 2 or not 0 < rank <= _MAX_SIZE:
        raise context.corrupt("weights", expected="matrices and a rank", got=(features.shape, times.shape, rank))
    n_filters, memory = time_weights.shape
    if n_filters != n_units * rank or weights.shape != (n_filters, data.n_elements) or not 0 < memory <= _MAX_SIZE:
        expected = f"{n_units * rank} filters of {data.n_elements}, for a batch of 1"
        raise context.corrupt("weights", expected=expected, got=(features.shape, times.shape))
    if state.n_elements != 2 * n_filters * memory:
        raise context.corrupt("state", expected=(1, n_filters * memory), got=state.n_elements // 2)
    kept_scale = context.real_option("StateScale")
    if not kept_scale > 0:
        raise context.unsupported(f"state {state.name!r} has no scale")
    to_state = checked_multiplier(context, float(data.scale) * float(features.scale) / kept_scale)
    to_output = checked_multiplier(context, kept_scale * float(times.scale) / float(output.scale))
    params = SvdfParams(
        feature_weights_offset=context.pool.add(weights.tobytes()),
        time_weights_offset=context.pool.add(time_weights.astype("<i2").tobytes()),
        bias_offset=context.pool.add(_biases(context, n_units).astype("<i4").tobytes()),
        state_multiplier=to_state[0],
        output_multiplier=to_output[0],
        memory=memory,
        rank=rank,
        state_shift=to_state[1],
        output_shift=to_output[1],
        activation_min=-128,
        activation_max=127,
    )
    return Step(
        code=OperatorCode.SVDF,
        inputs=(data.index, state.index),
        output=output.index,
        params=params,
        n_params=weights.size + time_weights.size + n_units,
        macs=weights.size + time_weights.size,
        name=output.name,
    )


def _scaled(context: OperatorContext, position: int, dtype: str) -> Tensor:
    """Return a tensor of weights of one scale and zero point 0."""
    tensor = context.input(position)
    if tensor.dtype != dtype:
        raise context.unsupported(f"tensor {tensor.name!r} is {tensor.dtype}; supported: {dtype}")
    if tensor.quantization is None or len(tensor.quantization.scales) != 1 or tensor.zero_point:
        raise context.unsupported(f"tensor {tensor.name!r}: supported: one scale, and zero point 0")
    return tensor


def _biases(context: OperatorContext, n_units: int) -> NDArray[Any]:
    bias = context.optional_input(3)
    if bias is None:
        return np.zeros(n_units, np.int32)
    values = context.constant(bias, "int32").reshape(-1)
    if len(values) != n_units:
        raise context.corrupt("biases", expected=n_units, got=len(values))
    return values
