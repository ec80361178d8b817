"""Figures of a model's int8 weights: the use of their grid, and the rounding error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.graph import Graph, Quantization, Tensor

__all__ = ["N_BINS", "LayerWeights", "layer_weights"]

N_BINS = 32
"""bins of a histogram: each is eight of the grid's 256 levels"""
_WEIGHTED = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV", "SVDF"}
_WEIGHTS = 1
"""which of their inputs these are"""


@dataclass(frozen=True, kw_only=True)
class LayerWeights:
    """The weights of one operator. Real values are q * scale, with a scale for each channel or one for all."""

    index: int
    """of the operator"""
    name: str
    """of the operator, as in TensorFlow Lite"""
    n: int
    """weights"""
    low: float
    """the least real value"""
    high: float
    sigma: float
    """standard deviation of the real values"""
    least_scale: float
    """of the channels'"""
    largest_scale: float
    n_unused_levels: int
    """number of unused levels, of the 255 from -127 to 127"""
    saturated: float
    """share of weights at -128, -127 or 127: of a channel whose largest weight sets its scale, that one at least"""
    n_dead_channels: int
    """output channels whose weights are all zero"""
    n_channels: int
    sqnr_db: float | None
    """power of the weights by that of rounding them, which is scale^2 / 12; null if all are zero"""
    histogram: tuple[int, ...]
    """weights in each of 32 equal parts of -128..127"""


def layer_weights(graph: Graph) -> tuple[LayerWeights, ...]:
    """Return the int8 weights of a graph's operators, in the order of execution; those of other types are left out."""
    return tuple(_layers(graph))


def _layers(graph: Graph) -> Iterator[LayerWeights]:
    for operator in graph.operators:
        if operator.code not in _WEIGHTED or operator.inputs[_WEIGHTS] < 0:
            continue
        tensor = graph.tensors[operator.inputs[_WEIGHTS]]
        if tensor.dtype == "int8" and tensor.data and tensor.quantization is not None:
            yield _figures(operator.index, operator.code, tensor, tensor.quantization)


def _figures(index: int, name: str, tensor: Tensor, quantization: Quantization) -> LayerWeights:
    axis = quantization.axis if len(quantization.scales) > 1 else _channel_axis(name, tensor)
    levels = np.moveaxis(tensor.array(), axis, 0).reshape(tensor.shape[axis], -1).astype(np.int64)
    scales = np.broadcast_to(quantization.scales.astype(np.float64), (len(levels),))
    real = levels * scales[:, np.newaxis]
    counts = np.bincount(levels.ravel() + 128, minlength=256)
    return LayerWeights(
        index=index,
        name=name,
        n=levels.size,
        low=float(real.min()),
        high=float(real.max()),
        sigma=float(real.std()),
        least_scale=float(scales.min()),
        largest_scale=float(scales.max()),
        n_unused_levels=int((counts[1:] == 0).sum()),
        saturated=float(counts[[0, 1, 255]].sum() / levels.size),
        n_dead_channels=int((levels == 0).all(axis=1).sum()),
        n_channels=len(levels),
        sqnr_db=_sqnr_db(real, scales),
        histogram=tuple(counts.reshape(N_BINS, -1).sum(axis=1).tolist()),
    )


def _channel_axis(name: str, tensor: Tensor) -> int:
    """Return where the output channels of weights with one scale are."""
    return len(tensor.shape) - 1 if name == "DEPTHWISE_CONV_2D" else 0


def _sqnr_db(real: NDArray[np.float64], scales: NDArray[np.float64]) -> float | None:
    signal, noise = float(np.square(real).mean()), float(np.square(scales).mean() / 12)
    return float(10 * np.log10(signal / noise)) if signal > 0 and noise > 0 else None
