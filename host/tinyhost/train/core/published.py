"""Published weights in Keras HDF5: convolutions with normalization, and a dense layer at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.errors import ModelError

__all__ = ["PublishedBlock", "is_published", "read_published", "set_block"]


@dataclass(frozen=True, kw_only=True)
class PublishedBlock:
    """A convolution and the normalization after it."""

    kernel: NDArray[np.float64]
    """(height, width, in, out), of a depthwise one (height, width, in, 1)"""
    gamma: NDArray[np.float64]
    beta: NDArray[np.float64]
    mean: NDArray[np.float64]
    """less the convolution's own bias"""
    variance: NDArray[np.float64]


def set_block(model: Any, layer: Any, block: PublishedBlock, kernel: NDArray[np.float64]) -> None:
    """Give a convolution without bias, and the normalization named after it, a block's weights with this kernel."""
    if tuple(layer.kernel.shape) != kernel.shape:
        raise ModelError(f"{layer.name}: expected weights of shape {tuple(layer.kernel.shape)}, got {kernel.shape}")
    layer.set_weights([kernel])
    model.get_layer(f"{layer.name}_norm").set_weights([block.gamma, block.beta, block.mean, block.variance])


def is_published(path: Path) -> bool:
    """Whether a file has the layout of Keras 2's weights, with the names of its layers."""
    import h5py

    try:
        with h5py.File(path) as file:
            return "layer_names" in file.get("model_weights", file).attrs
    except OSError:
        return False


def read_published(path: Path) -> tuple[list[PublishedBlock], tuple[NDArray[np.float64], NDArray[np.float64]]]:
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
        blocks.append(PublishedBlock(kernel=kernel, gamma=gamma, beta=beta, mean=mean - bias, variance=variance))
    return blocks, (layers[-1][0], layers[-1][1])


def _layers(group: Any) -> Iterator[list[NDArray[np.float64]]]:
    """Yield the arrays of each layer that has any, in the network's order."""
    for name in group.attrs["layer_names"]:
        own = group[name]
        arrays = [np.asarray(own[weight], np.float64) for weight in own.attrs["weight_names"]]
        if arrays:
            yield arrays
