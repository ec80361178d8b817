"""Batches of pictures for fitting."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyhost.datasets.picture_splits import PictureSet
from tinyhost.train.core.feed import Batch, one_hot
from tinyhost.train.vww.augment import augment_batch

__all__ = ["PictureBatches", "to_input"]


def to_input(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return grey levels (n, 96, 96) as the float network's input: (n, 96, 96, 1) in [0, 1]."""
    scaled: NDArray[np.float32] = pictures[..., np.newaxis].astype(np.float32) / np.float32(255)
    return scaled


class PictureBatches:
    """Shuffled, augmented batches of a picture set, determined by epoch and step.

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
