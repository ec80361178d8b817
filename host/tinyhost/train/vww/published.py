"""Start from the weights of a MobileNetV1 that others trained on colour photographs and published as Keras HDF5."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.errors import ModelError
from tinyhost.train.vww.feed import to_input

__all__ = ["load_published"]

_CEILING = 5.0  # what activations reach after scaling, of the 6 at which this network cuts them off
_GREY_STEPS = 255.0  # the published network takes grey levels, ours takes them scaled to 0..1


@dataclass(frozen=True, kw_only=True)
class _Block:
    """A convolution and the normalization after it."""

    kernel: NDArray[np.float64]
    """(height, width, in, out), of a depthwise one (height, width, in, 1)"""
    gamma: NDArray[np.float64]
    beta: NDArray[np.float64]
    mean: NDArray[np.float64]
    """less the convolution's own bias"""
    variance: NDArray[np.float64]


def load_published(model: Any, path: Path, pictures: NDArray[np.uint8], classes: tuple[int, ...]) -> None:
    """Give a `mobilenet_v1` the weights of a published one, so that it answers the same to grey pictures.

    path: HDF5 of the same network with three input channels of 0..255, ReLU, and a dense layer at its end. A grey
    picture has three equal channels, so the sum of the first kernel over them gives the same result. Where its
    activations exceed this network's 6 on the pictures (n, height, width), the layer is scaled down and the next one
    up, which changes nothing else. classes: which of its outputs become ours, in our order.
    Raises ModelError if the file is no such network.
    """
    blocks, (dense, bias) = _read(path)
    convolutions = [layer for layer in model.layers if "Conv2D" in type(layer).__name__]
    if len(blocks) != len(convolutions) - 1:
        raise ModelError(f"{path}: expected {len(convolutions) - 1} convolutions, got {len(blocks)}")
    first = blocks[0].kernel.sum(axis=2, keepdims=True) * _GREY_STEPS
    _set(model, convolutions[0], blocks[0], first)
    for layer, block in zip(convolutions[1:-1], blocks[1:], strict=True):
        _set(model, layer, block, block.kernel)
    chosen = list(classes)
    convolutions[-1].set_weights([dense[:, chosen].reshape(1, 1, len(dense), len(chosen)), bias[chosen]])
    _scale_down(model, convolutions, to_input(pictures))


def _set(model: Any, layer: Any, block: _Block, kernel: NDArray[np.float64]) -> None:
    if tuple(layer.kernel.shape) != kernel.shape:
        raise ModelError(f"{layer.name}: expected weights of shape {tuple(layer.kernel.shape)}, got {kernel.shape}")
    layer.set_weights([kernel])
    model.get_layer(f"{layer.name}_norm").set_weights([block.gamma, block.beta, block.mean, block.variance])


def _scale_down(model: Any, convolutions: list[Any], inputs: NDArray[np.float32]) -> None:
    """Scale each layer whose activations reach further than the ceiling, and undo it in the next layer's weights."""
    import keras

    for layer, following in pairwise(convolutions):
        norm = model.get_layer(f"{layer.name}_norm")
        highest = float(keras.Model(model.input, norm.output).predict(inputs, batch_size=64, verbose=0).max())
        scale = max(1.0, highest / _CEILING)
        gamma, beta, mean, variance = norm.get_weights()
        norm.set_weights([gamma / scale, beta / scale, mean, variance])
        kernel, *bias = following.get_weights()
        following.set_weights([kernel * scale, *bias])


def _read(path: Path) -> tuple[list[_Block], tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return the blocks in their order, and the dense layer's weights (in, out) and bias (out,)."""
    import h5py

    try:
        with h5py.File(path) as file:
            layers = list(_layers(file.get("model_weights", file)))
    except (OSError, KeyError) as exc:
        raise ModelError(f"{path}: not the weights of a Keras network: {exc}") from exc
    if not layers or len(layers) % 2 == 0 or [len(weights) for weights in layers] != [2, 4] * (len(layers) // 2) + [2]:
        raise ModelError(f"{path}: expected convolutions with normalization, and a dense layer at the end")
    blocks = []
    for (kernel, bias), (gamma, beta, mean, variance) in zip(layers[:-1:2], layers[1::2], strict=True):
        blocks.append(_Block(kernel=kernel, gamma=gamma, beta=beta, mean=mean - bias, variance=variance))
    return blocks, (layers[-1][0], layers[-1][1])


def _layers(group: Any) -> Iterator[list[NDArray[np.float64]]]:
    """Yield the arrays of each layer that has any, in the network's order."""
    for name in group.attrs["layer_names"]:
        own = group[name]
        arrays = [np.asarray(own[weight], np.float64) for weight in own.attrs["weight_names"]]
        if arrays:
            yield arrays
