"""Batches and targets for Keras, and a callback that reports progress."""

from __future__ import annotations

from itertools import count
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tinyhost.train.core.progress import Report, TrainProgress

__all__ = ["Batch", "BatchSource", "batch_dataset", "one_hot", "progress_callback"]

Batch = tuple[NDArray[np.float32], NDArray[np.float32]]
"""samples and one-hot classes, or samples twice"""
_REPORT_EVERY_STEPS = 10


class BatchSource(Protocol):
    """Batches that are determined by epoch and step; an epoch has len() of them."""

    def __len__(self) -> int: ...

    def order(self, epoch: int) -> NDArray[np.int64]:
        """Return the samples of an epoch, in the order of the batches."""
        ...

    def batch(self, order: NDArray[np.int64], epoch: int, step: int) -> Batch:
        """Return one batch."""
        ...


def one_hot(classes: NDArray[np.int64], n_classes: int) -> NDArray[np.float32]:
    """Return (n, n_classes) with a one at each class."""
    return np.eye(n_classes, dtype=np.float32)[classes]


def batch_dataset(source: BatchSource, first_epoch: int = 0) -> Any:
    """Return a tf.data.Dataset of a source's batches; each pass over it is the next epoch."""
    import tensorflow as tf

    epochs = count(first_epoch)

    def one_epoch() -> Any:
        epoch = next(epochs)
        order = source.order(epoch)
        for step in range(len(source)):
            yield source.batch(order, epoch, step)

    first = source.batch(source.order(first_epoch), first_epoch, 0)
    signature = tuple(tf.TensorSpec(part.shape, tf.float32) for part in first)
    feed = tf.data.Dataset.from_generator(one_epoch, output_signature=signature)
    return feed.apply(tf.data.experimental.assert_cardinality(len(source))).prefetch(2)


def progress_callback(keras: Any, stage: str, n_epochs: int, n_steps: int, report: Report) -> Any:
    """Return a Keras callback that reports every few steps, and the held-out figures at the end of each epoch."""

    class Reporter(keras.callbacks.Callback):  # type: ignore[misc]
        epoch = 0

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.epoch = epoch + 1

        def _report(self, stage: str, step: int, logs: dict[str, float]) -> None:
            report(
                TrainProgress(
                    stage=stage,
                    epoch=self.epoch,
                    n_epochs=n_epochs,
                    step=step,
                    n_steps=n_steps,
                    loss=logs["loss"],
                    accuracy=logs.get("accuracy"),
                    val_loss=logs.get("val_loss"),
                    val_accuracy=logs.get("val_accuracy"),
                )
            )

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if batch % _REPORT_EVERY_STEPS == 0:
                self._report(stage, batch + 1, logs)

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if "val_loss" in logs:
                self._report("epoch", n_steps, logs)

    return Reporter()
