"""Random inputs that host and board have alike: of the input's type, and of the values that it can mean."""

from __future__ import annotations

import numpy as np

from tinyhost.models.summary import ModelSummary
from tinyhost.protocol.messages import InferSource
from tinyhost.protocol.pattern import pattern_bytes

__all__ = ["drawn_input", "random_input"]


def random_input(model: ModelSummary, seed: int) -> bytes:
    """Return the input tensor of a seed: any byte of a quantized input, of a float one reals that the model takes."""
    pattern = pattern_bytes(seed, model.input.n_bytes)
    if model.input.dtype != "float32":
        return pattern
    low, high = model.input_range
    shares = np.frombuffer(pattern, "<u4") / (2**32 - 1)
    return (low + shares * (high - low)).astype("<f4").tobytes()


def drawn_input(model: ModelSummary, seed: int) -> tuple[InferSource, bytes | None]:
    """Return how a board gets the same: it makes the bytes itself of the seed, or is sent the tensor."""
    if model.input.dtype != "float32":
        return InferSource.PATTERN, None
    return InferSource.INPUT, random_input(model, seed)
