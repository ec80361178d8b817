"""CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED."""

from __future__ import annotations

import numpy as np

from tinyhost.compiler.graph import Tensor
from tinyhost.compiler.image_format import ConvParams, FullyConnectedParams, OperatorCode, WeightLayout
from tinyhost.compiler.lower.context import OperatorContext, Step
from tinyhost.compiler.lower.requantize import ChannelConstants, channel_constants, symmetric_weights
from tinyhost.compiler.lower.window import Window, resolve_window

__all__ = ["lower_conv", "lower_depthwise_conv", "lower_fully_connected"]


def lower_conv(context: OperatorContext) -> Step:
    """CONV_2D: weights (out, height, width, in / groups), used as they are."""
    context.counts((2, 3))
    data, output = context.int8(context.input(0), rank=4), context.int8(context.output(), rank=4)
    filters = context.input(1)
    weights = symmetric_weights(context, filters, rank=4)
    n_out, height, width, depth = filters.shape
    groups, rest = divmod(data.shape[3], depth)
    if rest or n_out % max(1, groups):
        raise context.corrupt(
            "input channels and filters", expected=f"multiples of {depth} and of the groups", got=(data.shape[3], n_out)
        )
    rows = resolve_window(context, "H", size=data.shape[1], filter_size=height)
    columns = resolve_window(context, "W", size=data.shape[2], filter_size=width)
    context.same_shape(output, (data.shape[0], rows.output, columns.output, n_out))
    constants = channel_constants(
        context,
        bias=context.optional_input(2),
        weight_sums=weights.astype(np.int64).sum(axis=(1, 2, 3)),
        real_multipliers=_real_multipliers(context, data, filters, output, axis=0),
    )
    return Step(
        code=OperatorCode.CONV_2D,
        inputs=(data.index,),
        output=output.index,
        params=_conv_params(context, output, (rows, columns), (weights.tobytes(), groups), constants),
        n_params=weights.size + constants.n_biases,
        macs=output.n_elements * height * width * depth,
        name=output.name,
    )


def lower_depthwise_conv(context: OperatorContext) -> Step:
    """DEPTHWISE_CONV_2D: weights (1, height, width, in * multiplier), used as they are."""
    context.counts((2, 3))
    data, output = context.int8(context.input(0), rank=4), context.int8(context.output(), rank=4)
    filters = context.input(1)
    weights = symmetric_weights(context, filters, rank=4)
    one, height, width, n_out = filters.shape
    if one != 1 or n_out % data.shape[3]:
        raise context.corrupt("shape of weights", expected=f"(1, h, w, multiple of {data.shape[3]})", got=filters.shape)
    rows = resolve_window(context, "H", size=data.shape[1], filter_size=height)
    columns = resolve_window(context, "W", size=data.shape[2], filter_size=width)
    context.same_shape(output, (data.shape[0], rows.output, columns.output, n_out))
    constants = channel_constants(
        context,
        bias=context.optional_input(2),
        weight_sums=weights.astype(np.int64).sum(axis=(0, 1, 2)),
        real_multipliers=_real_multipliers(context, data, filters, output, axis=3),
    )
    return Step(
        code=OperatorCode.DEPTHWISE_CONV_2D,
        inputs=(data.index,),
        output=output.index,
        params=_conv_params(context, output, (rows, columns), (weights.tobytes(), 1), constants),
        n_params=weights.size + constants.n_biases,
        macs=output.n_elements * height * width,
        name=output.name,
    )


def lower_fully_connected(context: OperatorContext) -> Step:
    """FULLY_CONNECTED: weights (out, in), used as they are."""
    context.counts((2, 3))
    data, output = context.int8(context.input(0)), context.int8(context.output())
    filters = context.input(1)
    if context.option("WeightsFormat") != 0:
        raise context.unsupported("shuffled weights; supported: the default weights format")
    weights = symmetric_weights(context, filters, rank=2)
    n_out, depth = filters.shape
    n_rows, rest = divmod(data.n_elements, depth)
    if rest or not output.shape or output.shape[-1] != n_out or output.n_elements != n_rows * n_out:
        raise context.corrupt(f"shape of {output.name!r}", expected=f"{n_rows} rows of {n_out}", got=output.shape)
    constants = channel_constants(
        context,
        bias=context.optional_input(2),
        weight_sums=weights.astype(np.int64).sum(axis=1),
        real_multipliers=_real_multipliers(context, data, filters, output, axis=0),
    )
    low, high = context.activation_range(output)
    params = FullyConnectedParams(
        weights_offset=context.pool.add(weights.tobytes()),
        bias_offset=constants.bias_offset,
        multiplier_offset=constants.multiplier_offset,
        shift_offset=constants.shift_offset,
        activation_min=low,
        activation_max=high,
        layout=WeightLayout.PLAIN,
    )
    return Step(
        code=OperatorCode.FULLY_CONNECTED,
        inputs=(data.index,),
        output=output.index,
        params=params,
        n_params=weights.size + constants.n_biases,
        macs=output.n_elements * depth,
        name=output.name,
    )


def _channel_scales(context: OperatorContext, filters: Tensor, *, axis: int) -> list[float]:
    """Return one weight scale per output channel; a per-tensor scale is repeated."""
    assert filters.quantization is not None
    scales = [float(scale) for scale in filters.quantization.scales]
    if len(scales) > 1 and (filters.quantization.axis != axis or len(scales) != filters.shape[axis]):
        raise context.unsupported(f"weights quantized along axis {filters.quantization.axis}; supported: axis {axis}")
    return scales if len(scales) > 1 else scales * filters.shape[axis]


def _real_multipliers(
    context: OperatorContext, data: Tensor, filters: Tensor, output: Tensor, *, axis: int
) -> list[float]:
    """Return input * weight / output scale per channel, in double.

    TFLM's source multiplies the scales of a per-tensor FULLY_CONNECTED in float; the wheel, our oracle, answers as if
    in double (tests/oracle/test_rounding.py tells the two apart).
    """
    scales = _channel_scales(context, filters, axis=axis)
    return [float(data.scale) * scale / float(output.scale) for scale in scales]


def _conv_params(
    context: OperatorContext,
    output: Tensor,
    windows: tuple[Window, Window],
    filters: tuple[bytes, int],
    constants: ChannelConstants,
) -> ConvParams:
    rows, columns = windows
    weights, groups = filters
    low, high = context.activation_range(output)
    return ConvParams(
        filter_height=rows.filter,
        filter_width=columns.filter,
        stride_height=rows.stride,
        stride_width=columns.stride,
        dilation_height=rows.dilation,
        dilation_width=columns.dilation,
        pad_top=rows.pad,
        pad_left=columns.pad,
        weights_offset=context.pool.add(weights),
        bias_offset=constants.bias_offset,
        multiplier_offset=constants.multiplier_offset,
        shift_offset=constants.shift_offset,
        activation_min=low,
        activation_max=high,
        layout=WeightLayout.PLAIN,
        groups=groups,
    )
