"""Train a detector of unusual time series: normal series in, an int8 autoencoder and its threshold out.

Every score here is the firmware's: its engine, its fixed-point mean squared error.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.datasets.heartbeats import heartbeats
from tinyhost.datasets.ucr import UcrSet, read_ucr
from tinyhost.errors import DatasetError, UsageError
from tinyhost.metrics.threshold import fit_tail, roc_curve
from tinyhost.models.reconstruction import ReconstructionModel
from tinyhost.train.anomaly.architectures import lstm_autoencoder
from tinyhost.train.anomaly.autoencoder import INPUT_STEP, autoencoder, fit_autoencoder, to_int8_autoencoder
from tinyhost.train.core.fitting import import_keras, n_trainable
from tinyhost.train.core.trainer import Run
from tinyhost.train.series.config import SeriesTrainConfig
from tinyhost.train.series.outcome import SeriesOutcome, SeriesScores

__all__ = ["load", "train"]

_LIMIT = 127 * INPUT_STEP  # of a value, in standard deviations
_MIN_HELD_OUT = 30
_MAX_STEPS = 10  # of an LSTM: more tensors the engine does not concatenate


def load(folder: Path | None, config: SeriesTrainConfig, run: Run) -> UcrSet:
    """Return the series of a folder or file, or simulated heartbeats.

    Raises DatasetError if they cannot be learnt from.
    """
    if config.heartbeats == (folder is not None):
        raise UsageError("expected either --data FOLDER or --heartbeats", hint="tinyhost train series --heartbeats")
    run.stage("read")
    data = read_ucr(folder, class_column=config.class_column) if folder else heartbeats(seed=config.seed)
    n_normal = len(data.train.labelled(config.normal))
    if n_normal < config.min_normal:
        raise DatasetError(
            f"{data.name}: {n_normal} normal series to train with, expected {config.min_normal} or more",
            hint=f"choose the normal class with --normal; the classes are {', '.join(data.counts())}",
        )
    is_normal = [label == config.normal for label in data.test.labels]
    if all(is_normal) or not any(is_normal):
        raise DatasetError(
            f"{data.name}: the test part needs normal and other series", hint="choose the normal class with --normal"
        )
    return data


def train(config: SeriesTrainConfig, data: UcrSet, run: Run) -> SeriesOutcome:
    """Return an autoencoder of normal series, quantized, with its threshold and its figures on the test part.

    Raises MissingToolError without TensorFlow, ModelError if the quantized network is not what the board needs.
    """
    keras = import_keras()
    keras.utils.set_random_seed(config.seed)
    normal = np.clip(data.train.labelled(config.normal), -_LIMIT, _LIMIT)
    normal = normal[np.random.default_rng(config.seed).permutation(len(normal))]
    n_held_out = max(_MIN_HELD_OUT, len(normal) // 4)
    held_out, learnt = normal[:n_held_out], normal[n_held_out:]
    model = _network(keras, config, data.train.length)
    fitted = fit_autoencoder(model, learnt, held_out, config, run)
    run.stage("quantize")
    tflite = to_int8_autoencoder(fitted.model, learnt, config.seed)
    run.stage("score")
    network = ReconstructionModel(tflite, data.train.length, where=f"{data.name} autoencoder")
    threshold = fit_tail(network.scores(held_out)).threshold(config.false_rate)
    return SeriesOutcome(
        config=config,
        source=run.source,
        history=fitted.history,
        tflite=tflite,
        n_parameters=n_trainable(fitted.model),
        duration_s=run.duration_s,
        n_samples=len(data),
        skipped=data.skipped,
        name=data.name,
        length=data.train.length,
        n_learnt=len(learnt),
        n_held_out=n_held_out,
        constant_error=float(np.square(held_out).mean()),
        scores=_scores(network.scores(data.test.values), data.test.labels, config.normal, threshold),
    )


def _network(keras: Any, config: SeriesTrainConfig, length: int) -> Any:
    if config.arch == "dense":
        return autoencoder(keras, n_features=length, hidden=config.hidden, n_embedding=config.embedding, l2=config.l2)
    n_steps = max(n for n in range(1, _MAX_STEPS + 1) if length % n == 0)
    if n_steps == 1:
        raise UsageError(
            f"--arch lstm: a series of {length} values cannot be divided into at most {_MAX_STEPS} equal steps",
            hint="leave --arch out",
        )
    return lstm_autoencoder(
        keras, n_steps=n_steps, n_features=length, width=config.hidden[-1], n=config.embedding, l2=config.l2
    )


def _scores(scores: NDArray[np.float64], labels: tuple[str, ...], normal: str, threshold: float) -> SeriesScores:
    classes = np.array(labels)
    curve = roc_curve(
        scores[classes == normal], scores[classes != normal], miss_cost=1.0, alarm_cost=1.0, fault_share=0.5
    )
    by_class = {str(label): scores[classes == label] for label in np.unique(classes)}
    return SeriesScores(normal=by_class[normal], by_class=by_class, roc=curve, threshold=threshold)
