"""RESIZE_BILINEAR."""

from __future__ import annotations

from tinyhost.compiler.image_format import OperatorCode, ResizeBilinearParams
from tinyhost.compiler.lower.context import OperatorContext, Step

__all__ = ["lower_resize_bilinear"]

_ONE = 1 << 10
"""Q10, of TFLM's ResizeBilinearInteger."""


def lower_resize_bilinear(context: OperatorContext) -> Step:
    """RESIZE_BILINEAR to the output's height and width; input and output share their quantization."""
    context.counts((2, 2))
    data, output = context.int8(context.input(0), rank=4), context.int8(context.output(), rank=4)
    if (data.scale, data.zero_point) != (output.scale, output.zero_point):
        raise context.unsupported("input and output have different quantization; supported: the same")
    size = context.constant(context.input(1), "int32").reshape(-1).tolist()
    context.same_shape(output, (data.shape[0], *size, data.shape[3]))
    is_aligned, is_half = bool(context.option("AlignCorners")), bool(context.option("HalfPixelCenters"))
    if is_aligned and is_half:
        raise context.corrupt("options", expected="aligned corners or half pixel centers", got="both")
    scales = []
    for before, after in zip(data.shape[1:3], output.shape[1:3], strict=True):
        scale = _scale(before - 1, after - 1) if is_aligned and after > 1 else _scale(before, after)
        last = (after - 1) * scale + (scale // 2 - _ONE // 2 if is_half else 0)
        if last >= before * _ONE:
            raise context.unsupported(f"from {before} to {after} pixels: the last ones would lie outside of the input")
        scales.append(scale)
    params = ResizeBilinearParams(row_scale=scales[0], column_scale=scales[1], half_pixel_centers=int(is_half))
    code = OperatorCode.RESIZE_BILINEAR
    return Step(code=code, inputs=(data.index,), output=output.index, params=params, name=output.name)


def _scale(before: int, after: int) -> int:
    return (_ONE * before + after // 2) // after
