"""TensorBoard's text beside Keras' own figures: the confusion of each epoch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinyhost.metrics.classifier import confusion_matrix
from tinyhost.train.core.feed import Batch

__all__ = ["confusion_callback", "confusion_text"]

_MOST_SAMPLES = 500


def confusion_text(counts: Sequence[Sequence[int]], labels: Sequence[str]) -> str:
    """Return a confusion matrix as a Markdown table; rows: true classes."""
    lines = [f"| true | {' | '.join(labels)} |", f"|---|{'---:|' * len(labels)}"]
    lines += [f"| {label} | {' | '.join(map(str, row))} |" for label, row in zip(labels, counts, strict=True)]
    return "\n".join(lines)


def confusion_callback(folder: Path, held_out: Batch, labels: Sequence[str]) -> Any:
    """Return a Keras callback that logs the confusion of some held-out samples as text, after each epoch."""
    import keras
    import tensorflow as tf

    chosen = np.unique(np.linspace(0, len(held_out[0]) - 1, _MOST_SAMPLES).astype(int))
    samples, classes = held_out[0][chosen], held_out[1][chosen].argmax(axis=1)
    writer = tf.summary.create_file_writer(str(folder))

    class Confusion(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            predicted = self.model.predict(samples, batch_size=256, verbose=0).argmax(axis=1)
            text = confusion_text(confusion_matrix(predicted, classes, len(labels)), labels)
            with writer.as_default(step=epoch):
                tf.summary.text("confusion, held out", text)

    return Confusion()
