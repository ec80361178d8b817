"""Batches of keyword features for fitting; without Keras, so that both versions of it can use them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.features import FrontendConfig
from tinyhost.datasets.sounds import UNKNOWN_CLASS
from tinyhost.train.core.feed import Batch, one_hot
from tinyhost.train.kws.augment import vary_features
from tinyhost.train.kws.rounds import FeatureRound, load_round

__all__ = ["KwsBatches", "to_input"]

_UNKNOWN_TAKEN = 0.5
"""Of the unknown of a round, in an epoch."""


def to_input(features: NDArray[np.int8]) -> NDArray[np.float32]:
    """Return int8 features (n, 49, n_features) as the float network's input: (n, 49, n_features, 1) in [0, 1]."""
    scaled: NDArray[np.float32] = (features[..., np.newaxis].astype(np.float32) + 128) / np.float32(255)
    return scaled


class KwsBatches:
    """Shuffled batches of rounds of features, determined by epoch and step.

    An epoch goes through the next round; of a small set through as many as it takes to make min_steps.
    """

    def __init__(
        self,
        rounds: Sequence[Path],
        n_classes: int,
        batch_size: int,
        seed: int,
        *,
        min_steps: int = 1,
        frontend: FrontendConfig | None = None,
    ) -> None:
        self._rounds = list(rounds)
        self._n_classes = n_classes
        self._seed = seed
        self._frontend = frontend
        self._held: tuple[int, FeatureRound] = (0, load_round(self._rounds[0]))
        n = len(self._order_of(0))
        self._batch_size = min(batch_size, n)
        self._steps_per_pass = n // self._batch_size
        self._n_passes = -(-min_steps // self._steps_per_pass)

    def __len__(self) -> int:
        return self._n_passes * self._steps_per_pass

    def order(self, epoch: int) -> NDArray[np.int64]:
        """Return the indices of an epoch's samples in their rounds, in the order of the batches.

        Of the unknown each pass takes another part, so that many different words are said, but not too often.
        """
        first, n_taken = epoch * self._n_passes, self._steps_per_pass * self._batch_size
        return np.concatenate([self._order_of(first + number)[:n_taken] for number in range(self._n_passes)])

    def _order_of(self, number: int) -> NDArray[np.int64]:
        """Return the indices of a pass through a round, shuffled."""
        rng = np.random.default_rng((self._seed, number))
        classes = self._round(number).classes
        unknown = rng.permutation(np.flatnonzero(classes == UNKNOWN_CLASS))
        taken = unknown[: int(len(unknown) * _UNKNOWN_TAKEN)]
        return rng.permutation(np.concatenate((np.flatnonzero(classes != UNKNOWN_CLASS), taken)))

    def batch(self, order: NDArray[np.int64], epoch: int, step: int) -> Batch:
        """Return one batch: (batch, 49, n_features, 1) in [0, 1] and (batch, n_classes)."""
        rng = np.random.default_rng((self._seed, epoch, step))
        chosen = order[step * self._batch_size : (step + 1) * self._batch_size]
        sounds = self._round(epoch * self._n_passes + step // self._steps_per_pass)
        varied = vary_features(sounds.features[chosen], rng, self._frontend)
        return to_input(varied), one_hot(sounds.classes[chosen], self._n_classes)

    def _round(self, number: int) -> FeatureRound:
        index = number % len(self._rounds)
        if self._held[0] != index:
            self._held = (index, load_round(self._rounds[index]))
        return self._held[1]
