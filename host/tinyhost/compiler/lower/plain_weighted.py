"""What float and int16 CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED have in common: shapes, and the step."""

from __future__ import annotations

from tinyhost.compiler.graph import Tensor
from tinyhost.compiler.image_format import FloatConvParams, Int16ConvParams, OperatorCode, WeightLayout
from tinyhost.compiler.lower.context import OperatorContext, Step
from tinyhost.compiler.lower.window import checked_windows, window_fields

__all__ = ["conv_fields", "dense_fields", "depthwise_fields", "weighted_step"]

_MAX_GROUPS = 0xFFFF


def conv_fields(context: OperatorContext, data: Tensor, output: Tensor, shape: tuple[int, ...]) -> dict[str, int]:
    """Return the fields of the parameters of a CONV_2D, whose weights have shape (out, height, width, in / groups)."""
    n_out, height, width, depth = shape
    groups, rest = divmod(data.shape[3], depth)
    if rest or not 0 < groups <= _MAX_GROUPS or n_out % groups:
        raise context.corrupt(
            "input channels and filters", expected=f"multiples of {depth} and of the groups", got=(data.shape[3], n_out)
        )
    window = window_fields(*checked_windows(context, data, output, (height, width), n_out))
    return {**window, "groups": groups, "layout": WeightLayout.QUADS}


def depthwise_fields(context: OperatorContext, data: Tensor, output: Tensor, shape: tuple[int, ...]) -> dict[str, int]:
    """Return those of a DEPTHWISE_CONV_2D, whose weights have shape (1, height, width, in * multiplier)."""
    one, height, width, n_out = shape
    if one != 1 or n_out % data.shape[3]:
        raise context.corrupt("shape of weights", expected=f"(1, h, w, multiple of {data.shape[3]})", got=shape)
    window = window_fields(*checked_windows(context, data, output, (height, width), n_out))
    return {**window, "groups": 1, "layout": WeightLayout.ROWS}


def dense_fields(context: OperatorContext, data: Tensor, output: Tensor, shape: tuple[int, ...]) -> dict[str, int]:
    """Return those of a FULLY_CONNECTED, of weights (out, in): a 1x1 convolution of the input's rows."""
    n_out, depth = shape
    n_rows, rest = divmod(data.n_elements, depth)
    if rest or not output.shape or output.shape[-1] != n_out or output.n_elements != n_rows * n_out:
        raise context.corrupt(f"shape of {output.name!r}", expected=f"{n_rows} rows of {n_out}", got=output.shape)
    sizes = ("filter", "stride", "dilation")
    window = {f"{name}_{axis}": 1 for name in sizes for axis in ("height", "width")}
    return {**window, "pad_top": 0, "pad_left": 0, "groups": 1, "layout": WeightLayout.QUADS, "is_dense": 1}


def weighted_step(
    context: OperatorContext, code: OperatorCode, params: FloatConvParams | Int16ConvParams, n_weights: int
) -> Step:
    """Return the step of an operator with these weights."""
    output = context.output()
    n_out = output.shape[-1]
    return Step(
        code=code,
        inputs=(context.input(0).index,),
        output=output.index,
        params=params,
        n_params=n_weights + (n_out if context.optional_input(2) is not None else 0),
        macs=output.n_elements * (n_weights // n_out),
        name=output.name,
    )
