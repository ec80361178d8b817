"""Compares an adapted model with the original: both run on the same inputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler import TensorInfo, compile_tflite
from tinyhost.models.random_input import random_input
from tinyhost.models.reference import ReferenceName, open_reference, preprocess
from tinyhost.models.summary import ModelSummary, summary_of

__all__ = ["Change", "Equality", "measure"]

Reals = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Equality:
    """Comparison of both models on the same inputs."""

    reference: ReferenceName
    """what ran them"""
    inputs: Literal["random", "pictures"]
    n_inputs: int
    identical: int
    """number of inputs with bit-identical outputs"""
    same_top: int
    """number of inputs with the same top class"""
    largest_difference: float
    """of any output, in real values"""
    largest_steps: float | None
    """the same in steps of the original output; null for floats"""


@dataclass(frozen=True, kw_only=True)
class Change:
    """How the outputs of an adapted model are compared, and how both models get the same inputs."""

    order: tuple[int, ...] | None = None
    softmax: Literal["on", "off"] | None = None
    pixel_range: tuple[float, float] | None = None


def measure(
    before: bytes,
    after: bytes,
    change: Change,
    *,
    against: ReferenceName,
    n_inputs: int,
    pictures: Sequence[NDArray[np.uint8]],
    where: str,
) -> Equality:
    """Return the comparison of both files; pictures: grey levels (height, width), used instead of random inputs.

    Raises whatever compiling either model raises, MissingToolError without the reference.
    """
    models = [compile_tflite(data, name="model", where=where) for data in (before, after)]
    references = [
        open_reference(against, image=model.parsed.data, tflite=data)
        for model, data in zip(models, (before, after), strict=True)
    ]
    old, new = (summary_of(model.parsed) for model in models)
    identical = same_top = 0
    largest = 0.0
    tensors = list(_inputs(new, n_inputs, pictures))
    for tensor in tensors:
        was = references[0].run(_encoded(_meaning(tensor, new.input, change), old.input))
        now = references[1].run(tensor)
        expected, got = _expected(_reals(was, old.output), change), _got(_reals(now, new.output), change)
        difference = float(np.abs(expected.astype(np.float32) - got.astype(np.float32)).max())  # as a DEQUANTIZE has it
        largest = max(largest, difference)
        identical += difference == 0.0
        same_top += int(expected.argmax()) == int(got.argmax())
    step = old.output.scale if old.output.dtype != "float32" else 0.0
    return Equality(
        reference=against,
        inputs="pictures" if pictures else "random",
        n_inputs=len(tensors),
        identical=identical,
        same_top=same_top,
        largest_difference=largest,
        largest_steps=largest / step if step else None,
    )


def _inputs(model: ModelSummary, n: int, pictures: Sequence[NDArray[np.uint8]]) -> Iterator[bytes]:
    if pictures:
        yield from (preprocess(pixels, model) for pixels in pictures)
    else:
        yield from (random_input(model, seed) for seed in range(n))


def _meaning(tensor: bytes, info: TensorInfo, change: Change) -> Reals:
    """Return the real values of an input of the new model, in its shape."""
    if change.pixel_range is None:
        return _reals(tensor, info).reshape(info.shape)
    low, high = change.pixel_range
    units = np.frombuffer(tensor, np.int8).astype(np.float64) + 128
    return (low + units * (high - low) / 255).reshape(info.shape)


def _encoded(reals: Reals, info: TensorInfo) -> bytes:
    """Return an input of the original model with these values, repeated for each of its channels."""
    whole = np.broadcast_to(reals, info.shape)
    if info.dtype == "float32":
        return whole.astype("<f4").tobytes()
    limits = np.iinfo(info.dtype)
    units = np.rint(whole / info.scale) + info.zero_point
    return bytes(np.clip(units, limits.min, limits.max).astype(info.dtype).tobytes())


def _reals(tensor: bytes, info: TensorInfo) -> Reals:
    units = np.frombuffer(tensor, np.dtype(info.dtype).newbyteorder("<")).astype(np.float64)
    return units if info.scale == 0 else (units - info.zero_point) * info.scale


def _expected(was: Reals, change: Change) -> Reals:
    reals = was
    if change.order is not None:
        reals = was.reshape(-1, len(change.order))[:, list(change.order)].ravel()
    return _softmax(reals) if change.softmax == "on" else reals


def _got(now: Reals, change: Change) -> Reals:
    return _softmax(now) if change.softmax == "off" else now


def _softmax(logits: Reals) -> Reals:
    powers = np.exp(logits - logits.max())
    return np.asarray(powers / powers.sum(), np.float64)
