"""Start training from a quantized model instead of random weights.

A few hundred captures are too few to learn from nothing, but enough to adapt a network that already
sees shapes. Any int8 .tflite of the same architecture will do: the one that ships, an earlier run's, or
TFLM's person_detect, whose weights come from photographs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.graph import Quantization, Tensor
from tinyhost.compiler.tflite_reader import read_tflite
from tinyhost.errors import ModelError

__all__ = ["load_tflite_weights"]

_N_PROBED = 128


@dataclass(frozen=True, kw_only=True)
class _Convolution:
    """Real-valued weights (height, width, in, out) and bias (out,) of one quantized convolution."""

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]


def load_tflite_weights(model: Any, content: bytes, pictures: NDArray[np.uint8], where: str) -> None:
    """Give a `mobilenet_v1` the weights of an int8 .tflite, batch normalization unfolded.

    pictures: (n, height, width) grey levels; their statistics become those of the normalization, so that
    the model answers the same in training and afterwards. The last layer is taken over only if it has
    as many classes. where: the file, for errors.
    Raises ModelError if the file is not of the same architecture.
    """
    import keras

    convolutions = _read_convolutions(content, where)
    kinds = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)
    layers = [layer for layer in model.layers if isinstance(layer, kinds)]
    _check_count(len(convolutions), len(layers), where)
    for layer, convolution in zip(layers[:-1], convolutions[:-1], strict=True):
        layer.set_weights([_kernel(layer, convolution, where)])
        ones, zeros = np.ones_like(convolution.bias), np.zeros_like(convolution.bias)
        norm = model.get_layer(f"{layer.name}_norm")
        norm.set_weights([ones, convolution.bias, zeros, ones - norm.epsilon])
    if layers[-1].filters == len(convolutions[-1].bias):
        layers[-1].set_weights([_kernel(layers[-1], convolutions[-1], where), convolutions[-1].bias])
    probe = keras.Model(model.input, [layer.output for layer in layers[:-1]])
    chosen = pictures[np.linspace(0, len(pictures) - 1, min(_N_PROBED, len(pictures))).astype(int)]
    outputs = probe.predict(chosen[..., np.newaxis].astype(np.float32) / 255, batch_size=32, verbose=0)
    for layer, output, convolution in zip(layers[:-1], outputs, convolutions[:-1], strict=True):
        mean, variance = output.mean(axis=(0, 1, 2)), output.var(axis=(0, 1, 2))
        norm = model.get_layer(f"{layer.name}_norm")
        gamma = np.sqrt(variance + norm.epsilon)
        norm.set_weights([gamma, convolution.bias + mean, mean, variance])


def _check_count(found: int, expected: int, where: str) -> None:
    if found != expected:
        raise ModelError(
            f"{where}: expected {expected} convolutions of a MobileNetV1 0.25, got {found}",
            hint="start from a model of the same architecture, such as models/vww or person_detect",
        )


def _kernel(layer: Any, convolution: _Convolution, where: str) -> NDArray[np.float64]:
    """Return the weights in the shape that a Keras layer wants; a 1-channel depthwise is a plain one."""
    shape = tuple(layer.kernel.shape)
    weights = convolution.weights
    if weights.shape != shape and weights.swapaxes(2, 3).shape == shape:
        weights = weights.swapaxes(2, 3)
    if weights.shape != shape:
        raise ModelError(
            f"{where}: expected weights of shape {shape} for layer {layer.name}, got {weights.shape}",
            hint="start from a model of the same architecture, such as models/vww or person_detect",
        )
    return weights


def _read_convolutions(content: bytes, where: str) -> list[_Convolution]:
    """Return the convolutions of a graph in order, the first one taking pixels scaled to [0, 1]."""
    graph = read_tflite(content, where=where)
    found: list[_Convolution] = []
    for operator in graph.operators:
        if operator.code in {"CONV_2D", "DEPTHWISE_CONV_2D"}:
            picture, weights, bias = (graph.tensors[index] for index in operator.inputs)
            if weights.dtype != "int8" or weights.quantization is None or picture.quantization is None:
                raise ModelError(f"{where}: weights are not int8", hint="give a fully quantized model")
            found.append(_convolution(picture, weights, bias, weights.quantization, first=not found))
    return found


def _convolution(
    picture: Tensor, weights: Tensor, bias: Tensor, quantization: Quantization, *, first: bool
) -> _Convolution:
    """Return one convolution in real values: TFLite's bias scale is input scale times weight scale."""
    scale = quantization.scales.astype(np.float64)
    # CONV_2D is (out, height, width, in), DEPTHWISE_CONV_2D is (1, height, width, out).
    depthwise = quantization.axis == 3
    real = weights.array().astype(np.float64) * (scale if depthwise else scale.reshape(-1, 1, 1, 1))
    real = real.transpose(1, 2, 0, 3) if depthwise else real.transpose(1, 2, 3, 0)
    input_scale = float(picture.scale)
    offset = bias.array().astype(np.float64) * scale * input_scale
    if first:  # from the file's own input scale to pixel / 255; the int8 input is pixel - 128
        shift = (-128 - picture.zero_point) * input_scale
        offset = offset + shift * real.sum(axis=(0, 1, 2))
        real = real * (255 * input_scale)
    return _Convolution(weights=real, bias=offset)
