"""The first network of a cascade: whether a word is spoken, at a small part of the second network's cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.api import compile_tflite
from tinyhost.datasets.sounds import N_SILENT
from tinyhost.errors import ModelError
from tinyhost.metrics.cascade import CascadeClips, cascade_clips
from tinyhost.train.core.feed import Batch, one_hot
from tinyhost.train.core.fitting import LAST, fit_classifier, import_keras, n_trainable
from tinyhost.train.core.quantize import drawn, to_int8_tflite
from tinyhost.train.core.scores import engine_scores
from tinyhost.train.core.trainer import Run
from tinyhost.train.kws.config import KwsTrainConfig
from tinyhost.train.kws.feed import KwsBatches, to_input
from tinyhost.train.kws.network import first_network
from tinyhost.train.kws.rounds import FeatureRound, load_round

__all__ = ["FirstNetwork", "train_first"]

_LABELS = ("other", "word")
_FOLDER = "first"
_N_CALIBRATION = 512
_STEP = 1 / 256
"""of its int8 scores"""


@dataclass(frozen=True, kw_only=True)
class FirstNetwork:
    """The network that wakes the other one, and its cost."""

    tflite: bytes
    threshold: float
    """of its score, from which on it wakes: the highest one with the wanted recall on the held-out words that the
    second network recognizes"""
    n_parameters: int
    macs: int
    """multiply-accumulates of an inference that does not wake the second network"""
    second_macs: int
    """of the second network, which an inference that wakes it costs as well"""
    val: CascadeClips
    """the whole cascade on held-out clips, as they are and augmented"""
    test: CascadeClips
    """and on those for testing"""

    @property
    def mean_macs(self) -> float:
        """Multiply-accumulates of an inference where nobody says a word: as often awake as on such clips."""
        return self.macs + (self.test.false_wake_share or 0.0) * self.second_macs


class _WordBatches(KwsBatches):
    """The same batches of sounds, with the class: none of the words, or one of them."""

    def batch(self, order: NDArray[np.int64], epoch: int, step: int) -> Batch:
        sounds, classes = super().batch(order, epoch, step)
        is_word = classes[:, N_SILENT:].sum(axis=1, keepdims=True)
        return sounds, np.concatenate((1.0 - is_word, is_word), axis=1)


def train_first(
    config: KwsTrainConfig, second: bytes, rounds: Sequence[Path], parts: tuple[FeatureRound, FeatureRound], run: Run
) -> FirstNetwork:
    """Return a small int8 network that tells words from everything else, trained on the same rounds.

    second: the .tflite of the network that it is to wake. parts: held-out clips, then those for testing.
    """
    val = parts[0]
    keras = import_keras()
    keras.utils.set_random_seed(config.seed)
    model = _fit(config, first_network(keras, n_features=config.frontend.n_features, l2=config.l2), rounds, val, run)
    run.stage("quantize")
    tflite = to_int8_tflite(model, to_input(drawn(load_round(rounds[0]).features, _N_CALIBRATION, config.seed)))
    first, large = (compile_tflite(data, name="cascade") for data in (tflite, second))
    wakes = [engine_scores(first.image, part.features)[:, 1] for part in parts]
    answers = [engine_scores(large.image, part.features) for part in parts]
    is_known = (val.classes >= N_SILENT) & (answers[0].argmax(axis=1) == val.classes)
    threshold = wake_threshold(wakes[0][is_known], config.wake_recall)
    measured = [
        cascade_clips(wake, scores, part.classes, n_silent=N_SILENT, threshold=threshold)
        for wake, scores, part in zip(wakes, answers, parts, strict=True)
    ]
    return FirstNetwork(
        tflite=tflite,
        threshold=threshold,
        n_parameters=n_trainable(model),
        macs=first.report.live_macs,
        second_macs=large.report.live_macs,
        val=measured[0],
        test=measured[1],
    )


def wake_threshold(scores: NDArray[np.float64], recall: float) -> float:
    """Return the highest score that at least this share of the scores of words (n,) reaches.

    Raises ModelError if that is the lowest score there is: then the first network would never sleep.
    """
    n_lost = int((1.0 - recall) * len(scores) + 1e-9)
    threshold = float(np.sort(scores)[n_lost]) if len(scores) else 0.0
    if threshold < _STEP:
        raise ModelError(
            f"the first network does not tell words from other sound: with a recall of {recall:g} it never sleeps",
            hint="more clips of each word, or a smaller --wake-recall",
        )
    return threshold


def _fit(config: KwsTrainConfig, model: Any, rounds: Sequence[Path], val: FeatureRound, run: Run) -> Any:
    """Return the model at its best epoch, in a folder of its own."""
    batches = _WordBatches(
        rounds,
        int(max(val.classes)) + 1,
        config.batch_size,
        config.seed,
        min_steps=config.min_steps_per_epoch,
        frontend=config.frontend,
    )
    held_out = (to_input(val.features), one_hot((val.classes >= N_SILENT).astype(np.int64), len(_LABELS)))
    own = replace(run, folder=run.folder / _FOLDER)
    config = replace(config, resume=config.resume and (own.folder / LAST).is_file())
    return fit_classifier(model, batches, held_out, config, own, labels=_LABELS).model
