"""RESIZE_BILINEAR."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from tinyhost.compiler.graph import Tensor
from tinyhost.compiler.image_format import FloatResizeBilinearParams, OperatorCode, ResizeBilinearParams
from tinyhost.compiler.lower.context import OperatorContext, Step

__all__ = ["lower_float_resize_bilinear", "lower_resize_bilinear"]

_Number = TypeVar("_Number", int, np.float32)

_ONE = 1 << 10
"""Q10, of TFLM's ResizeBilinearInteger."""


def lower_resize_bilinear(context: OperatorContext) -> Step:
    """RESIZE_BILINEAR to the output's height and width; input and output share their quantization."""
    context.counts((2, 2))
    data, output = context.int8(context.input(0), rank=4), context.int8(context.output(), rank=4)
    if (data.scale, data.zero_point) != (output.scale, output.zero_point):
        raise context.unsupported("input and output have different quantization; supported: the same")
    is_half = _has_half_pixels(context, data, output)
    scales = _scales(context, data, output, _scale)
    for before, after, scale in zip(data.shape[1:3], output.shape[1:3], scales, strict=True):
        last = (after - 1) * scale + (scale // 2 - _ONE // 2 if is_half else 0)
        if last >= before * _ONE:
            raise context.unsupported(f"from {before} to {after} pixels: the last ones would lie outside of the input")
    params = ResizeBilinearParams(row_scale=scales[0], column_scale=scales[1], half_pixel_centers=int(is_half))
    code = OperatorCode.RESIZE_BILINEAR
    return Step(code=code, inputs=(data.index,), output=output.index, params=params, name=output.name)


def lower_float_resize_bilinear(context: OperatorContext) -> Step:
    """RESIZE_BILINEAR of floats."""
    context.counts((2, 2))
    data, output = context.floats(context.input(0), rank=4), context.floats(context.output(), rank=4)
    is_half = _has_half_pixels(context, data, output)
    rows, columns = _scales(context, data, output, lambda before, after: np.float32(before) / np.float32(after))
    params = FloatResizeBilinearParams(
        row_scale=float(rows), column_scale=float(columns), half_pixel_centers=int(is_half)
    )
    code = OperatorCode.FLOAT_RESIZE_BILINEAR
    return Step(code=code, inputs=(data.index,), output=output.index, params=params, name=output.name)


def _has_half_pixels(context: OperatorContext, data: Tensor, output: Tensor) -> bool:
    """Return whether pixels lie at their centers; raise unless shapes and options fit."""
    size = context.constant(context.input(1), "int32").reshape(-1).tolist()
    context.same_shape(output, (data.shape[0], *size, data.shape[3]))
    if context.option("AlignCorners") and context.option("HalfPixelCenters"):
        raise context.corrupt("options", expected="aligned corners or half pixel centers", got="both")
    return bool(context.option("HalfPixelCenters"))


def _scales(
    context: OperatorContext, data: Tensor, output: Tensor, scale: Callable[[int, int], _Number]
) -> list[_Number]:
    """Return the scales of height and width."""
    is_aligned = bool(context.option("AlignCorners"))
    return [
        scale(before - 1, after - 1) if is_aligned and after > 1 else scale(before, after)
        for before, after in zip(data.shape[1:3], output.shape[1:3], strict=True)
    ]


def _scale(before: int, after: int) -> int:
    return (_ONE * before + after // 2) // after
