"""Statistics of batch normalization, recomputed for the final weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyhost.train.core.feed import BatchSource

__all__ = ["refresh_callback", "refresh_statistics"]

_N_BATCHES = 8


def refresh_statistics(model: Any, source: BatchSource, epoch: int) -> None:
    """Set the mean and variance that each batch normalization applies to their averages over some training batches.

    The moving averages of a training lag behind its weights, and begin at 0 and 1: after few steps they are of no
    network at all (Wu and Johnson 2021, "Rethinking Batch in BatchNorm", arXiv:2105.07576). Layers that are frozen
    keep theirs.
    """
    import keras

    norms = [
        layer
        for layer in model.layers
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable and layer.moving_mean is not None
    ]
    if not norms:
        return
    momenta = [layer.momentum for layer in norms]
    order = source.order(epoch)
    steps = np.unique(np.linspace(0, len(source) - 1, min(_N_BATCHES, len(source))).astype(int))
    for done, step in enumerate(steps):
        for layer in norms:
            layer.momentum = done / (done + 1)  # an average of all batches so far
        model(source.batch(order, epoch, int(step))[0], training=True)
    for layer, momentum in zip(norms, momenta, strict=True):
        layer.momentum = momentum


def refresh_callback(source: BatchSource) -> Any:
    """Return a Keras callback that refreshes the statistics before the held-out samples are judged."""
    import keras

    class Refresher(keras.callbacks.Callback):  # type: ignore[misc]
        epoch = 0

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.epoch = epoch

        def on_test_begin(self, logs: Any = None) -> None:
            refresh_statistics(self.model, source, self.epoch)

    return Refresher()
