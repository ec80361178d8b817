"""Starts from published weights in Keras HDF5 of a MobileNetV1 that was trained on colour photographs."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.errors import ModelError
from tinyhost.train.core.published import read_published, set_block
from tinyhost.train.vww.feed import to_input

__all__ = ["load_published"]

_CEILING = 5.0  # what activations reach after scaling, of the 6 at which this network cuts them off
_GREY_STEPS = 255.0  # the published network takes grey levels, ours takes them scaled to 0..1


def load_published(model: Any, path: Path, pictures: NDArray[np.uint8], classes: tuple[int, ...]) -> None:
    """Give a `mobilenet_v1` the weights of a published one, so that it answers the same to grey pictures.

    path: HDF5 of the same network with three input channels of 0..255, ReLU, and a dense layer at its end. A grey
    picture has three equal channels, so the sum of the first kernel over them gives the same result. Where its
    activations exceed this network's 6 on the pictures (n, height, width), the layer is scaled down and the next one
    up, which changes nothing else. classes: which of its outputs become ours, in our order.
    Raises ModelError if the file is no such network.
    """
    blocks, (dense, bias) = read_published(path)
    convolutions = [layer for layer in model.layers if "Conv2D" in type(layer).__name__]
    if len(blocks) != len(convolutions) - 1:
        raise ModelError(f"{path}: expected {len(convolutions) - 1} convolutions, got {len(blocks)}")
    first = blocks[0].kernel.sum(axis=2, keepdims=True) * _GREY_STEPS
    set_block(model, convolutions[0], blocks[0], first)
    for layer, block in zip(convolutions[1:-1], blocks[1:], strict=True):
        set_block(model, layer, block, block.kernel)
    chosen = list(classes)
    convolutions[-1].set_weights([dense[:, chosen].reshape(1, 1, len(dense), len(chosen)), bias[chosen]])
    _scale_down(model, convolutions, to_input(pictures))


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
