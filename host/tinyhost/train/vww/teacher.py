"""Distillation: a small network learns a larger one's answers beside the labels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.tflite_reader import read_tflite
from tinyhost.datasets.picture_splits import Splits
from tinyhost.errors import ModelError
from tinyhost.models.file import read_tflite_file
from tinyhost.train.core.feed import Batch, BatchSource
from tinyhost.train.vww.config import VwwTrainConfig
from tinyhost.train.vww.start import load_start

__all__ = ["TaughtBatches", "load_teacher"]

_SHARE = 0.5  # of the answer, in what is learnt
_TEMPERATURE = 2.0  # by which the teacher's logits are divided, so that what it nearly said counts
_FIRST_FILTERS = 32  # of the first convolution at alpha 1


class TaughtBatches:
    """Batches with targets between the labels and a teacher's answers to the same augmented pictures.

    Hinton et al. 2015 (arXiv:1503.02531); the same view for both: Beyer et al. 2022 (arXiv:2106.05237).
    """

    def __init__(self, batches: BatchSource, teacher: Any) -> None:
        self._batches, self._teacher = batches, teacher

    def __len__(self) -> int:
        return len(self._batches)

    def order(self, epoch: int) -> NDArray[np.int64]:
        """Return the samples of an epoch, as without a teacher."""
        return self._batches.order(epoch)

    def batch(self, order: NDArray[np.int64], epoch: int, step: int) -> Batch:
        """Return one batch: (batch, size, size, 1) and (batch, n_classes)."""
        pictures, labels = self._batches.batch(order, epoch, step)
        soft = np.asarray(self._teacher(pictures, training=False)) ** np.float32(1 / _TEMPERATURE)
        soft /= soft.sum(axis=1, keepdims=True)
        targets: NDArray[np.float32] = (_SHARE * soft + (1 - _SHARE) * labels).astype(np.float32)
        return pictures, targets


def load_teacher(config: VwwTrainConfig, data: Splits) -> Any:
    """Return the Keras network of `--teacher`, for pictures of the size of training.

    Its convolutions take any size. Raises ModelError if it knows other classes or is no MobileNetV1.
    """
    assert config.teacher is not None
    path = config.teacher / "model.tflite" if config.teacher.is_dir() else config.teacher
    own = replace(config, start_from=path, from_scratch=False, alpha=_alpha(path), teacher=None)
    start = load_start(own, data.train.pictures, len(data.labels))
    if not start.knows(data.labels):
        knows = ", ".join(start.labels) or f"{start.n_classes} classes"
        raise ModelError(
            f"--teacher {config.teacher}: expected the classes {', '.join(data.labels)}, it knows {knows}",
            hint="first train the teacher on the same data, with a larger --alpha",
        )
    return start.model


def _alpha(path: Path) -> float:
    """Return a MobileNetV1's width, by the filters of its first convolution."""
    content, _ = read_tflite_file(path)
    graph = read_tflite(content, where=str(path))
    first = next((operator for operator in graph.operators if operator.code == "CONV_2D"), None)
    if first is None:
        raise ModelError(f"{path}: expected a MobileNetV1, found no convolution", hint="give a run of train vww")
    return float(graph.tensors[first.inputs[1]].shape[0]) / _FIRST_FILTERS
