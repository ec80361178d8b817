"""What Keras asks for while it trains: batches, targets, and a callback that reports progress."""

from __future__ import annotations

from itertools import count
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tinyhost.datasets.pictures import PictureSet
from tinyhost.train.core.progress import Report, TrainProgress
from tinyhost.train.vww.augment import augment_batch

__all__ = ["AugmentedBatches", "BatchSource", "batch_dataset", "one_hot", "progress_callback"]

Batch = tuple[NDArray[np.float32], NDArray[np.float32]]
_REPORT_EVERY_STEPS = 10


def one_hot(classes: NDArray[np.int64], n_classes: int) -> NDArray[np.float32]:
    """Return (n, n_classes) with a one at each class."""
    return np.eye(n_classes, dtype=np.float32)[classes]


class AugmentedBatches:
    """Shuffled, augmented batches of a picture set; epoch and step fix what a batch holds.

    Classes are drawn equally often, so that an uneven set teaches no preference.
    """

    def __init__(self, pictures: PictureSet, n_classes: int, batch_size: int, seed: int, *, min_steps: int = 1) -> None:
        self._set = pictures
        self._n_classes = n_classes
        self._batch_size = min(batch_size, len(pictures))
        self._seed = seed
        self._n_steps = max(len(pictures) // self._batch_size, min_steps)

    def __len__(self) -> int:
        return self._n_steps

    def order(self, epoch: int) -> NDArray[np.int64]:
        """Return picture indices of an epoch, (len(self) * batch_size,), its classes balanced."""
        rng = np.random.default_rng((self._seed, epoch))
        n_total = len(self) * self._batch_size
        n_each = -(-n_total // self._n_classes)
        chosen = []
        for index in range(self._n_classes):
            members = np.flatnonzero(self._set.classes == index)
            rounds = [rng.permutation(members) for _ in range(-(-n_each // len(members)))]
            chosen.append(np.concatenate(rounds)[:n_each])
        return rng.permutation(np.concatenate(chosen))[:n_total]

    def batch(self, order: NDArray[np.int64], epoch: int, step: int) -> Batch:
        """Return one batch: (batch, 96, 96, 1) in [0, 1] and (batch, n_classes)."""
        rng = np.random.default_rng((self._seed, epoch, step))
        chosen = order[step * self._batch_size : (step + 1) * self._batch_size]
        pictures = augment_batch(self._set.pictures[chosen], rng)
        return pictures, one_hot(self._set.classes[chosen], self._n_classes)

    def dataset(self, first_epoch: int = 0) -> Any:
        """Return a tf.data.Dataset; each pass over it is the next epoch."""
        return batch_dataset(self, first_epoch)


class BatchSource(Protocol):
    """Batches that depend on epoch and step alone."""

    def __len__(self) -> int: ...

    def order(self, epoch: int) -> NDArray[np.int64]:
        """Return the samples of an epoch, in the order of the batches."""
        ...

    def batch(self, order: NDArray[np.int64], epoch: int, step: int) -> Batch:
        """Return one batch: samples and one-hot classes."""
        ...


def batch_dataset(source: BatchSource, first_epoch: int) -> Any:
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


def progress_callback(n_epochs: int, n_steps: int, report: Report) -> Any:
    """Return a Keras callback that reports every few steps and at the end of each epoch."""
    import keras

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
                    loss=float(logs["loss"]),
                    accuracy=float(logs.get("accuracy", "nan")),
                    val_loss=logs.get("val_loss"),
                    val_accuracy=logs.get("val_accuracy"),
                )
            )

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if batch % _REPORT_EVERY_STEPS == 0:
                self._report("train", batch + 1, logs)

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self._report("epoch", n_steps, logs)

    return Reporter()
