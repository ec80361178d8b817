"""Rounding noise by layer: activations compared with those of another form of the same model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tinyhost.compiler import compile_tflite
from tinyhost.compiler.tflite_reader import read_tflite
from tinyhost.models.reference import HostReference
from tinyhost.tasks.classes import real_values

__all__ = ["LayerNoise", "layer_noise", "on_grid"]

_N_SAMPLES = 32
_COPIES = {"DEQUANTIZE", "RESHAPE"}


@dataclass(frozen=True, kw_only=True)
class LayerNoise:
    """The noise of one operator's output against the first file's."""

    index: int
    """of the operator"""
    name: str
    """of the operator, as in TensorFlow Lite"""
    sqnr_db: float | None
    """signal-to-noise ratio: power of the first file's values divided by that of the difference; null without a
    difference or for zeros"""


def layer_noise(first: bytes, other: bytes, samples: NDArray[np.float64]) -> tuple[LayerNoise, ...]:
    """Return the noise of each operator of a .tflite against the first one's; empty if the operators differ.

    samples: real inputs, (n, n_elements), of which at most 32 are run by the firmware's engine on this computer.
    """
    one, two = (compile_tflite(content, name="layers", passes=False).parsed for content in (first, other))
    codes = _codes(first)
    if codes != _codes(other) or {len(one.operators), len(two.operators)} != {len(codes)}:
        return ()
    engines = [HostReference(image.data) for image in (one, two)]
    signal, noise = np.zeros(len(codes)), np.zeros(len(codes))
    for sample in samples[:_N_SAMPLES]:
        steps = (
            engine.steps(on_grid(sample, image.input.dtype, image.input.scale, image.input.zero_point))
            for engine, image in zip(engines, (one, two), strict=True)
        )
        for (index, ours), (_, theirs) in zip(*steps, strict=True):
            values = [
                real_values(data, image.tensor_info(image.operators[index].output))
                for data, image in ((ours, one), (theirs, two))
            ]
            signal[index] += np.square(values[0]).sum()
            noise[index] += np.square(values[1] - values[0]).sum()
    return tuple(
        LayerNoise(
            index=index,
            name=name,
            sqnr_db=float(10 * np.log10(signal[index] / noise[index])) if signal[index] and noise[index] else None,
        )
        for index, name in enumerate(codes)
    )


def _codes(tflite: bytes) -> list[str]:
    """Return a file's operators without those that copy or widen, which the engine removes."""
    return [item.code for item in read_tflite(tflite).operators if item.code not in _COPIES]


def on_grid(sample: NDArray[np.float64], dtype: str, scale: float, zero_point: int) -> bytes:
    """Return real values as a tensor's bytes, rounded to its quantization and saturated."""
    if dtype == "float32":
        return sample.astype(np.float32).tobytes()
    limits = np.iinfo(dtype)
    levels = np.clip(np.rint(sample / (scale or 1.0)) + zero_point, limits.min, limits.max)
    return bytes(levels.astype(dtype).tobytes())
