"""Sliding windows: output sizes and padding as TensorFlow Lite computes them (kernels/padding.h)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tinyhost.compiler.graph import Tensor
from tinyhost.compiler.lower.context import OperatorContext

__all__ = ["Window", "checked_windows", "pool_fields", "resolve_window", "window_fields"]

_SAME, _VALID = 0, 1
_MAX_EXTENT = 0xFFFF


@dataclass(frozen=True, kw_only=True)
class Window:
    """A filter on one axis, resolved against its input."""

    filter: int
    stride: int
    dilation: int
    pad: int
    output: int


def resolve_window(context: OperatorContext, axis: str, *, size: int, filter_size: int) -> Window:
    """Return the window on `axis` ("H" or "W") of an input of `size`, from the operator's options."""
    stride = context.option(f"Stride{axis}")
    dilation = int(context.operator.options.get(f"Dilation{axis}Factor", 1))
    padding = context.option("Padding")
    if padding not in (_SAME, _VALID):
        raise context.corrupt("padding", expected="SAME or VALID", got=padding)
    extent = (filter_size - 1) * dilation + 1
    if min(stride, dilation, filter_size) < 1 or max(stride, dilation, extent) > _MAX_EXTENT:
        raise context.corrupt(
            f"filter on {axis}",
            expected=f"stride, dilation and extent in 1..{_MAX_EXTENT}",
            got=(stride, dilation, extent),
        )
    options = context.operator.options
    if f"PadBefore{axis}" in options:  # written by passes/pads.py
        pad, output = context.option(f"PadBefore{axis}"), context.option(f"Output{axis}")
        return Window(filter=filter_size, stride=stride, dilation=dilation, pad=pad, output=output)
    output = -(-size // stride) if padding == _SAME else (size + stride - extent) // stride
    if output < 1:
        raise context.corrupt(f"output on {axis}", expected="at least 1", got=output)
    pad = max(0, (output - 1) * stride + extent - size) // 2
    return Window(filter=filter_size, stride=stride, dilation=dilation, pad=pad, output=output)


def checked_windows(
    context: OperatorContext, data: Tensor, output: Tensor, filter_size: tuple[int, int], n_out: int
) -> tuple[Window, Window]:
    """Return the windows on both axes; raise unless the output has their size and `n_out` channels."""
    rows = resolve_window(context, "H", size=data.shape[1], filter_size=filter_size[0])
    columns = resolve_window(context, "W", size=data.shape[2], filter_size=filter_size[1])
    context.same_shape(output, (data.shape[0], rows.output, columns.output, n_out))
    return rows, columns


def pool_fields(context: OperatorContext, data: Tensor, output: Tensor) -> dict[str, Any]:
    """Return the fields of a pool's parameters that describe its window; raise unless the output has its size."""
    filter_size = (context.option("FilterHeight"), context.option("FilterWidth"))
    return _fields(*checked_windows(context, data, output, filter_size, data.shape[3]))


def window_fields(rows: Window, columns: Window) -> dict[str, int]:
    """Return the fields of a convolution's parameters that describe its window."""
    return {**_fields(rows, columns), "dilation_height": rows.dilation, "dilation_width": columns.dilation}


def _fields(rows: Window, columns: Window) -> dict[str, int]:
    return {
        "filter_height": rows.filter,
        "filter_width": columns.filter,
        "stride_height": rows.stride,
        "stride_width": columns.stride,
        "pad_top": rows.pad,
        "pad_left": columns.pad,
    }
