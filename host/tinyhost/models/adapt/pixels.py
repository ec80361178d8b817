"""Folds the scale and zero point of a picture's input, so that the input is a camera's byte minus 128."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tinyhost.compiler.graph import Graph, Quantization
from tinyhost.models.adapt.graphs import Adapted, adapt_error, only_reader, operator_name, rescaled, with_tensors

__all__ = ["with_pixel_range"]

_HINT = 'leave --pixel-range out, and say "pixel_range" in a settings.json beside the model: the app maps pixels itself'


def with_pixel_range(graph: Graph, where: str, *, pixel_range: tuple[float, float]) -> Adapted:
    """Return the model whose int8 input q is the pixel q + 128; pixel_range: real values of the pixels 0 and 255.

    The first layer's weights are kept. Its bias gets another scale, and includes the part of black's value that no zero
    point can represent.
    """
    low, high = pixel_range
    tensor = graph.tensors[graph.input]
    layer = only_reader(graph, graph.input)
    is_layer = layer is not None and layer.code in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
    if layer is None or not is_layer or tensor.dtype != "int8" or tensor.quantization is None:
        why = f"its {tensor.dtype} input goes to {operator_name(layer)}, expected int8 to a convolution"
        raise adapt_error(where, "pixel range", why, _HINT)
    filters = graph.tensors[layer.inputs[1]]
    has_bias = len(layer.inputs) > 2 and layer.inputs[2] >= 0
    bias = graph.tensors[layer.inputs[2]] if has_bias else None
    is_plain = filters.data is not None and filters.dtype == "int8" and filters.quantization is not None
    if not is_plain or bias is None or bias.data is None or bias.dtype != "int32":
        raise adapt_error(where, "pixel range", f"{operator_name(layer)} has no int8 filters with an int32 bias", _HINT)
    scale = float(np.float32((high - low) / 255))
    zero_point = round(-128 - low / scale)
    if not -128 <= zero_point <= 127:
        raise adapt_error(
            where, "pixel range", f"{low:g} to {high:g} does not contain 0", "give the values of black and white"
        )
    rest = low - scale * (-128 - zero_point)
    assert filters.quantization is not None
    axis = 3 if layer.code == "DEPTHWISE_CONV_2D" else 0
    values = np.moveaxis(filters.array().astype(np.float64), axis, 0).reshape(filters.shape[axis], -1)
    weight_scales = np.broadcast_to(filters.quantization.scales.astype(np.float64), (len(values),))
    old_scale = float(tensor.scale)
    real = bias.array().astype(np.float64) * old_scale * weight_scales + rest * values.sum(axis=1) * weight_scales
    quantization = Quantization(
        scales=np.array([scale], np.float32), zero_points=np.array([zero_point], np.int64), axis=0
    )
    changed = with_tensors(
        graph,
        [replace(tensor, quantization=quantization), rescaled(bias, real, scale * weight_scales, where)],
    )
    words = (
        f"the input takes pixels less 128 as they are ({low:g} to {high:g}): scale {old_scale:.6g} to {scale:.6g}, "
        f"zero point {tensor.zero_point} to {zero_point}, folded into {operator_name(layer)}"
    )
    return Adapted(graph=changed, done=(words,), is_exact=False)
