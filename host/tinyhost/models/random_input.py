"""Random inputs that host and board have alike: of the input's type, and of the values that it can mean."""

from __future__ import annotations

import numpy as np

from tinyhost.models.summary import ModelSummary
from tinyhost.protocol.messages import InferSource
from tinyhost.protocol.pattern import pattern_bytes

__all__ = ["drawn_input", "random_input"]


def random_input(model: ModelSummary, seed: int) -> bytes:
    """Return the input tensor of a seed: any byte of a quantized input, of a float one reals that the model takes."""
    drawn = bytearray(pattern_bytes(seed, model.input.n_bytes))
    for end, (low, high) in zip(model.inputs, model.input_ranges, strict=True):
        if end.dtype == "float32":
            place = slice(end.offset, end.offset + end.n_bytes)
            shares = np.frombuffer(bytes(drawn[place]), "<u4") / (2**32 - 1)
            drawn[place] = (low + shares * (high - low)).astype("<f4").tobytes()
    return bytes(drawn)


def drawn_input(model: ModelSummary, seed: int) -> tuple[InferSource, bytes | None]:
    """Return how a board gets the same: it makes the bytes itself of the seed, or is sent the tensor."""
    if all(end.dtype != "float32" for end in model.inputs):
        return InferSource.PATTERN, None
    return InferSource.INPUT, random_input(model, seed)
