"""CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.graph import Tensor
from tinyhost.compiler.image_format import (
    FILTERS_PER_BLOCK,
    ConvParams,
    FullyConnectedParams,
    OperatorCode,
    WeightLayout,
)
from tinyhost.compiler.lower.context import OperatorContext, Step
from tinyhost.compiler.lower.requantize import ChannelTable, channel_table, symmetric_weights
from tinyhost.compiler.lower.window import Window, resolve_window
from tinyhost.compiler.packing import (
    can_carry,
    fully_connected_scratch_bytes,
    pack_quads,
    pack_rows,
    row_scratch_bytes,
    unfolded_bytes,
)

__all__ = ["lower_conv", "lower_depthwise_conv", "lower_fully_connected"]


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
    rows = resolve_window(context, "H", size=data.shape[1], filter_size=height)
    columns = resolve_window(context, "W", size=data.shape[2], filter_size=width)
    context.same_shape(output, (data.shape[0], rows.output, columns.output, n_out))
    return _conv_step(context, weights, (rows, columns), groups, axis=0)


def lower_depthwise_conv(context: OperatorContext) -> Step:
    """DEPTHWISE_CONV_2D: weights (1, height, width, in * multiplier); of one input channel, a CONV_2D."""
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
    if data.shape[3] == 1:
        return _conv_step(context, weights.transpose(3, 1, 2, 0), (rows, columns), 1, axis=3)
    table = channel_table(
        context,
        bias=context.optional_input(2),
        weights=weights.reshape(-1, n_out).T,
        real_multipliers=_real_multipliers(context, data, filters, output, axis=3),
    )
    by_channel = weights[0].transpose(2, 0, 1)
    packed = _Weights(
        offset=context.pool.add(pack_rows(by_channel)),
        layout=WeightLayout.ROWS,
        scratch_bytes=row_scratch_bytes(rows, columns, width=data.shape[2], depth=data.shape[3]),
    )
    return Step(
        code=OperatorCode.DEPTHWISE_CONV_2D,
        inputs=(data.index,),
        output=output.index,
        params=_conv_params(context, output, (rows, columns), packed, table),
        n_params=weights.size + table.n_biases,
        macs=output.n_elements * height * width,
        scratch_bytes=packed.scratch_bytes,
        name=output.name,
    )


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
        real_multipliers=_real_multipliers(context, data, filters, output, axis=0),
        padding=(1, FILTERS_PER_BLOCK),
    )
    runs = _Runs(groups=1, dense=True, n_pixels=n_rows)
    packed = _packed(context, weights.reshape(n_out, 1, 1, depth), table, runs)
    scratch_bytes = fully_connected_scratch_bytes(depth, n_rows)
    low, high = context.activation_range(output)
    params = FullyConnectedParams(
        weights_offset=packed.offset,
        channels_offset=table.offset,
        scratch_bytes=scratch_bytes,
        activation_min=low,
        activation_max=high,
        layout=packed.layout,
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


def _conv_step(
    context: OperatorContext, weights: NDArray[np.int8], windows: tuple[Window, Window], groups: int, *, axis: int
) -> Step:
    """Return a CONV_2D of weights (out, height, width, depth); axis: of the model's weights, along which scales lie."""
    data, filters, output = context.input(0), context.input(1), context.output()
    n_out, height, width, depth = weights.shape
    table = channel_table(
        context,
        bias=context.optional_input(2),
        weights=weights.reshape(n_out, -1),
        real_multipliers=_real_multipliers(context, data, filters, output, axis=axis),
        padding=(groups, FILTERS_PER_BLOCK),
    )
    rows, columns = windows
    runs = _Runs(groups=groups, dense=groups == columns.dilation == 1, n_pixels=rows.output * columns.output)
    packed = _packed(context, weights, table, runs)
    return Step(
        code=OperatorCode.CONV_2D,
        inputs=(data.index,),
        output=output.index,
        params=_conv_params(context, output, windows, packed, table),
        n_params=weights.size + table.n_biases,
        macs=output.n_elements * height * width * depth,
        scratch_bytes=packed.scratch_bytes,
        name=output.name,
    )


@dataclass(frozen=True, kw_only=True)
class _Weights:
    """Weights in the constants section, and the memory that unfolding their input takes."""

    offset: int
    layout: WeightLayout
    groups: int = 1
    scratch_bytes: int = 0


@dataclass(frozen=True, kw_only=True)
class _Runs:
    """How a kernel reads patches; dense: a row of the window is one run, else each tap."""

    groups: int
    dense: bool
    n_pixels: int


def _packed(context: OperatorContext, weights: NDArray[np.int8], table: ChannelTable, runs: _Runs) -> _Weights:
    """Store weights (out, height, width, depth) as quads."""
    n_out, height, width, depth = weights.shape
    n_runs, run_length = (height, width * depth) if runs.dense else (height * width, depth)
    by_group = weights.reshape(runs.groups, n_out // runs.groups, n_runs, run_length)
    biases = table.biases.reshape(runs.groups, -1)
    carried = all(can_carry(w.reshape(len(w), -1), b) for w, b in zip(by_group, biases, strict=True))
    layout = WeightLayout.CARRIED_QUADS if carried else WeightLayout.QUADS
    return _Weights(
        offset=context.pool.add(b"".join(pack_quads(group, layout) for group in by_group)),
        layout=layout,
        groups=runs.groups,
        scratch_bytes=unfolded_bytes(n_runs, run_length, runs.n_pixels),
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
    context: OperatorContext, output: Tensor, windows: tuple[Window, Window], weights: _Weights, table: ChannelTable
) -> ConvParams:
    rows, columns = windows
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
        weights_offset=weights.offset,
        channels_offset=table.offset,
        scratch_bytes=weights.scratch_bytes,
        activation_min=low,
        activation_max=high,
        layout=weights.layout,
        requantization=table.requantization,
        groups=weights.groups,
    )
