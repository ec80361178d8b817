"""CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.graph import Tensor
from tinyhost.compiler.image_format import (
    FILTERS_PER_BLOCK,
    MAX_CLOSING,
    ConvParams,
    OperatorCode,
    WeightLayout,
)
from tinyhost.compiler.lower.context import OperatorContext, Step
from tinyhost.compiler.lower.requantize import ChannelTable, channel_table, symmetric_weights
from tinyhost.compiler.lower.window import Window, checked_windows, window_fields
from tinyhost.compiler.lower.winograd import can_be_winograd, pack_winograd, winograd_scratch_bytes
from tinyhost.compiler.packing import (
    can_carry,
    channels_within,
    fully_connected_scratch_bytes,
    pack_quads,
    pack_rows,
    patch_runs,
    patch_scratch_bytes,
    row_scratch_bytes,
    window_bytes_of_four,
)

__all__ = ["lower_conv", "lower_depthwise_conv", "lower_fully_connected", "real_multipliers"]

_ONE_TAP = ConvParams(
    filter_height=1, filter_width=1, stride_height=1, stride_width=1, dilation_height=1, dilation_width=1, groups=1
)
_MAX_CHANNELS_AT_ONCE = 0xFFFC
_MAX_DEPTHWISE_STRIDE = 2
"""Up to which there is a kernel for 3x3 windows."""


def lower_conv(context: OperatorContext) -> Step:
    """CONV_2D: weights (out, height, width, in / groups)."""
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
    windows = checked_windows(context, data, output, (height, width), n_out)
    return _windowed_step(context, weights, windows, groups, axis=0)


def lower_depthwise_conv(context: OperatorContext) -> Step:
    """DEPTHWISE_CONV_2D: weights (1, height, width, in * multiplier)."""
    context.counts((2, 3))
    data, output = context.int8(context.input(0), rank=4), context.int8(context.output(), rank=4)
    filters = context.input(1)
    weights = symmetric_weights(context, filters, rank=4)
    one, height, width, n_out = filters.shape
    if one != 1 or n_out % data.shape[3]:
        raise context.corrupt("shape of weights", expected=f"(1, h, w, multiple of {data.shape[3]})", got=filters.shape)
    windows = checked_windows(context, data, output, (height, width), n_out)
    return _windowed_step(context, weights.transpose(3, 1, 2, 0), windows, data.shape[3], axis=3)


def lower_fully_connected(context: OperatorContext) -> Step:
    """FULLY_CONNECTED: weights (out, in)."""
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
    table = channel_table(
        context,
        bias=context.optional_input(2),
        weights=weights,
        real_multipliers=real_multipliers(context, data, filters, output, axis=0),
        padding=(1, FILTERS_PER_BLOCK),
    )
    offset, layout = _pack_quads(context, weights.reshape(1, n_out, 1, depth), table)
    scratch_bytes = fully_connected_scratch_bytes(depth, n_rows)
    low, high = context.activation_range(output)
    params = replace(
        _ONE_TAP,
        weights_offset=offset,
        channels_offset=table.offset,
        scratch_bytes=scratch_bytes,
        activation_min=low,
        activation_max=high,
        layout=layout,
        requantization=table.requantization,
    )
    return Step(
        code=OperatorCode.FULLY_CONNECTED,
        inputs=(data.index,),
        output=output.index,
        params=params,
        n_params=weights.size + table.n_biases,
        macs=output.n_elements * depth,
        scratch_bytes=scratch_bytes,
        name=output.name,
    )


def _windowed_step(
    context: OperatorContext, weights: NDArray[np.int8], windows: tuple[Window, Window], groups: int, *, axis: int
) -> Step:
    """Return the step of filters (out, height, width, depth), by the kernel that is fastest for them.

    axis: of the model's weights, along which scales lie.
    """
    data, filters, output = context.input(0), context.input(1), context.output()
    n_out, height, width, depth = weights.shape
    depthwise = _is_depthwise(weights, windows, groups)
    table = channel_table(
        context,
        bias=context.optional_input(2),
        weights=weights.reshape(n_out, -1),
        real_multipliers=real_multipliers(context, data, filters, output, axis=axis),
        padding=(1, 1) if depthwise else (groups, FILTERS_PER_BLOCK),
    )
    code, place = OperatorCode.CONV_2D, _place_quads
    if depthwise:
        code, place = OperatorCode.DEPTHWISE_CONV_2D, _place_rows
    elif output.index in context.winograd and can_be_winograd(weights, windows, groups, table):
        code, place = OperatorCode.WINOGRAD_CONV_2D, _place_winograd
    params = place(context, weights, windows, table, groups)
    return Step(
        code=code,
        inputs=(data.index,),
        output=output.index,
        params=params,
        n_params=weights.size + table.n_biases,
        macs=output.n_elements * height * width * depth,
        scratch_bytes=params.scratch_bytes,
        name=output.name,
    )


def _is_depthwise(weights: NDArray[np.int8], windows: tuple[Window, Window], groups: int) -> bool:
    """Return whether each filter sees one channel, and the depthwise kernel is the faster one.

    Of one input channel, CONV_2D shares what it unfolds between filters; small windows are not worth unfolding.
    """
    _, height, width, depth = weights.shape
    small = (height, width) == (3, 3) and windows[1].stride <= _MAX_DEPTHWISE_STRIDE and windows[1].dilation == 1
    return depth == 1 and (groups > 1 or small)


def _place_rows(
    context: OperatorContext,
    weights: NDArray[np.int8],
    windows: tuple[Window, Window],
    table: ChannelTable,
    groups: int,
) -> ConvParams:
    """Store the weights of a DEPTHWISE_CONV_2D and return its parameters."""
    width = context.input(0).shape[2]
    closed, near = (weights, windows) if context.pool.compact else _closed(weights, windows)
    channels = channels_within(context.scratch_limit, *near, width=width, depth=min(groups, _MAX_CHANNELS_AT_ONCE))
    return replace(
        _conv_params(context, windows, table),
        weights_offset=context.pool.add(pack_rows(closed[..., 0])),
        layout=WeightLayout.ROWS,
        scratch_bytes=row_scratch_bytes(*near, width=width, depth=channels),
        channels_at_once=channels,
    )


def _closed(
    weights: NDArray[np.int8], windows: tuple[Window, Window]
) -> tuple[NDArray[np.int8], tuple[Window, Window]]:
    """Return filters with zeros between the dilated taps of a row, and their windows, where taps lie near each other.

    Two neighbours cost 9 instructions for four windows, a tap that lies apart 20.
    """
    rows, columns = windows
    extent = (columns.filter - 1) * columns.dilation + 1
    if columns.dilation == 1 or extent > MAX_CLOSING * columns.filter:
        return weights, windows
    closed = np.zeros((*weights.shape[:2], extent, weights.shape[3]), np.int8)
    closed[:, :, :: columns.dilation] = weights
    return closed, (rows, replace(columns, filter=extent, dilation=1))


def _place_quads(
    context: OperatorContext,
    weights: NDArray[np.int8],
    windows: tuple[Window, Window],
    table: ChannelTable,
    groups: int,
) -> ConvParams:
    """Store the weights of a CONV_2D and return its parameters."""
    n_out, height, width, depth = weights.shape
    rows, columns = windows
    runs = patch_runs(height, width, depth, dense=groups == columns.dilation == 1)
    four = window_bytes_of_four(rows, columns, runs, depth * groups)
    offset, layout = _pack_quads(context, weights.reshape(groups, n_out // groups, *runs), table)
    return replace(
        _conv_params(context, windows, table),
        weights_offset=offset,
        layout=layout,
        groups=groups,
        scratch_bytes=patch_scratch_bytes(*runs, rows.output * columns.output, four),
    )


def _place_winograd(
    context: OperatorContext,
    weights: NDArray[np.int8],
    windows: tuple[Window, Window],
    table: ChannelTable,
    groups: int,
) -> ConvParams:
    """Store the weights of a WINOGRAD_CONV_2D and return its parameters."""
    return replace(
        _conv_params(context, windows, table),
        weights_offset=context.pool.add(pack_winograd(weights)),
        layout=WeightLayout.WINOGRAD,
        groups=groups,
        scratch_bytes=winograd_scratch_bytes(weights.shape[3]),
    )


def _pack_quads(context: OperatorContext, groups: NDArray[np.int8], table: ChannelTable) -> tuple[int, WeightLayout]:
    """Store weights (groups, filters, n_runs, run_length); return where, and in which layout."""
    biases = table.biases.reshape(len(groups), -1)
    carried = all(can_carry(w.reshape(len(w), -1), b) for w, b in zip(groups, biases, strict=True))
    layout = WeightLayout.CARRIED_QUADS if carried else WeightLayout.QUADS
    return context.pool.add(b"".join(pack_quads(group, layout) for group in groups)), layout


def _channel_scales(context: OperatorContext, filters: Tensor, *, axis: int) -> list[float]:
    """Return one weight scale per output channel; a per-tensor scale is repeated."""
    assert filters.quantization is not None
    scales = [float(scale) for scale in filters.quantization.scales]
    if len(scales) > 1 and (filters.quantization.axis != axis or len(scales) != filters.shape[axis]):
        raise context.unsupported(f"weights quantized along axis {filters.quantization.axis}; supported: axis {axis}")
    return scales if len(scales) > 1 else scales * filters.shape[axis]


def real_multipliers(
    context: OperatorContext, data: Tensor, filters: Tensor, output: Tensor, *, axis: int
) -> list[float]:
    """Return input * weight / output scale per channel, in double.

    TFLM's source multiplies the scales of a per-tensor FULLY_CONNECTED in float; the wheel, our oracle, answers as if
    in double (tests/oracle/test_rounding.py tells the two apart).
    """
    scales = _channel_scales(context, filters, axis=axis)
    return [float(data.scale) * scale / float(output.scale) for scale in scales]


def _conv_params(context: OperatorContext, windows: tuple[Window, Window], table: ChannelTable) -> ConvParams:
    """Return what does not depend on the weights' layout."""
    rows, columns = windows
    low, high = context.activation_range(context.output())
    return ConvParams(
        **window_fields(rows, columns),
        channels_offset=table.offset,
        activation_min=low,
        activation_max=high,
        requantization=table.requantization,
        groups=1,
    )
