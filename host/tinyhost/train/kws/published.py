"""Start from the weights of a micro_speech network that others trained on people's voices, as Keras HDF5."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tinyhost.errors import ModelError
from tinyhost.train.core.published import read_published, set_block

__all__ = ["load_published"]

_STEPS = 255.0  # the published network takes int8 features as they are, ours takes them scaled to 0..1


def load_published(model: Any, path: Path, classes: tuple[int, ...], shares: tuple[float, float]) -> None:
    """Set the tiny_conv in a joint network to published weights, and freeze it.

    path: HDF5 of micro_speech that takes features of -128..127, zero padded, with ReLU. classes: which of its outputs
    become ours, in our order. shares: factors of the logits of ds_cnn and of this network in the sum. Raises ModelError
    if the file is no such network.
    """
    blocks, (dense, bias) = read_published(path)
    if len(blocks) != 1 or dense.shape[1] < max(classes) + 1:
        raise ModelError(f"{path}: expected one convolution and a dense layer, as micro_speech has them")
    chosen = list(classes)
    set_block(model, model.get_layer("conv"), blocks[0], blocks[0].kernel * _STEPS)
    model.get_layer("tiny_logits").set_weights([dense[:, chosen] * shares[1], bias[chosen] * shares[1]])
    for name in ("conv", "conv_norm", "tiny_logits"):
        model.get_layer(name).trainable = False
    head = model.get_layer("ds_logits")
    head.set_weights([values * shares[0] for values in head.get_weights()])
