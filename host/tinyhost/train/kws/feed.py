"""Batches of keyword features for fitting; needs no Keras, so both of them take it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.datasets.sounds import UNKNOWN_CLASS
from tinyhost.train.core.feed import Batch, one_hot
from tinyhost.train.kws.augment import vary_features
from tinyhost.train.kws.rounds import FeatureRound, load_round

__all__ = ["KwsBatches", "to_input"]

_UNKNOWN_TAKEN = 0.5
"""Of the unknown of a round, in an epoch."""


def to_input(features: NDArray[np.int8]) -> NDArray[np.float32]:
    """Return int8 features (n, 49, 40) as what the float network takes: (n, 49, 40, 1) in [0, 1]."""
    scaled: NDArray[np.float32] = (features[..., np.newaxis].astype(np.float32) + 128) / np.float32(255)
    return scaled


class KwsBatches:
    """Shuffled batches: each epoch takes the next round of features; epoch and step fix what a batch holds."""

    def __init__(self, rounds: Sequence[Path], n_classes: int, batch_size: int, seed: int) -> None:
        self._rounds = list(rounds)
        self._n_classes = n_classes
        self._seed = seed
        self._held: tuple[int, FeatureRound] = (0, load_round(self._rounds[0]))
        n = len(self.order(0))
        self._batch_size = min(batch_size, n)
        self._n_steps = n // self._batch_size

    def __len__(self) -> int:
        return self._n_steps

    def order(self, epoch: int) -> NDArray[np.int64]:
        """Return the indices of an epoch's samples in its round, in the order of the batches.

        Of the unknown it takes another part each time, so that many different words are said, but not too often.
        """
        rng = np.random.default_rng((self._seed, epoch))
        classes = self._round(epoch).classes
        unknown = rng.permutation(np.flatnonzero(classes == UNKNOWN_CLASS))
        taken = unknown[: int(len(unknown) * _UNKNOWN_TAKEN)]
        return rng.permutation(np.concatenate((np.flatnonzero(classes != UNKNOWN_CLASS), taken)))

    def batch(self, order: NDArray[np.int64], epoch: int, step: int) -> Batch:
        """Return one batch: (batch, 49, 40, 1) in [0, 1] and (batch, n_classes)."""
        rng = np.random.default_rng((self._seed, epoch, step))
        chosen = order[step * self._batch_size : (step + 1) * self._batch_size]
        sounds = self._round(epoch)
        return to_input(vary_features(sounds.features[chosen], rng)), one_hot(sounds.classes[chosen], self._n_classes)

    def _round(self, epoch: int) -> FeatureRound:
        number = epoch % len(self._rounds)
        if self._held[0] != number:
            self._held = (number, load_round(self._rounds[number]))
        return self._held[1]
