"""Train a gesture recognizer: recordings of accelerometer and gyroscope in, an int8 .tflite and its figures out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.api import compile_tflite
from tinyhost.compiler.app_defaults import AppDefaults
from tinyhost.compiler.image_format import GestureParams, Task
from tinyhost.errors import UsageError
from tinyhost.metrics.classifier import classifier_metrics
from tinyhost.motion.steps import STEP_SCALE
from tinyhost.tasks.findings import Judged
from tinyhost.train.core.classifier import judged
from tinyhost.train.core.evidence import Counts
from tinyhost.train.core.feed import one_hot
from tinyhost.train.core.fitting import Fitted, fit_classifier, float_metrics, import_keras, n_trainable
from tinyhost.train.core.forms import made_forms, side_by_side
from tinyhost.train.core.quantize import checked_int8, convert_int8, drawn, layer_names
from tinyhost.train.core.quantized import Quantized
from tinyhost.train.core.scores import engine_scores
from tinyhost.train.core.second_opinion import block_features, second_opinion
from tinyhost.train.core.trainer import Run
from tinyhost.train.core.warm_start import InputSteps, load_start
from tinyhost.train.gestures.config import GestureTrainConfig
from tinyhost.train.gestures.data import GestureData, HeldOutWindows, load_data
from tinyhost.train.gestures.feed import WindowBatches, to_input
from tinyhost.train.gestures.network import gesture_network
from tinyhost.train.gestures.outcome import GestureOutcome, least_threshold, threshold_point

__all__ = ["load", "train"]

_N_CALIBRATION = 256
_WARM_RATE = 0.3  # of the learning rate, for a network that has learnt already
_STEPS = InputSteps(per_unit=1 / STEP_SCALE, zero=0)
_AVERAGE_MS, _SUPPRESSION_MS, _MIN_RESULTS, _PERIOD_MS = 600, 1000, 3, 120


def load(folder: Path | None, config: GestureTrainConfig, run: Run) -> GestureData:
    """Return the windows of a folder, or of made-up people. Raises DatasetError if they cannot be learnt from."""
    if config.hands == (folder is not None):
        raise UsageError("expected either --data FOLDER or --hands", hint="tinyhost train gestures --hands")
    run.stage("read")
    return load_data(folder, config)


def train(config: GestureTrainConfig, data: GestureData, run: Run) -> GestureOutcome:
    """Return a network, quantized and measured, and the threshold from which a gesture is reported.

    Raises MissingToolError without TensorFlow, ModelError if the quantized model is not what the board needs.
    """
    fitted = _fitted(config, data, run)
    run.stage("quantize")
    samples = _calibration(data, config)
    tflite = checked_int8(convert_int8(fitted.model, samples), layer_names(fitted.model), STEP_SCALE, 0)
    forms = made_forms(config, fitted.model, samples)
    run.stage("evaluate")
    image = compile_tflite(tflite, name="gestures", task=Task.GESTURES, labels=data.labels).image
    val, test = (engine_scores(image, part.windows) for part in (data.val, data.test))
    threshold = config.threshold
    if threshold is None:
        threshold = least_threshold(val, data.val.classes, data.n_silent)
    inputs = to_input(data.test.windows)
    return GestureOutcome(
        config=config,
        source=run.source,
        labels=data.labels,
        defaults=AppDefaults(threshold=threshold, task_data=_params(config, data.n_silent).pack()),
        n_samples=len(data),
        skipped=data.skipped,
        history=fitted.history,
        tflite=tflite,
        n_parameters=n_trainable(fitted.model),
        duration_s=run.duration_s,
        n_silent=data.n_silent,
        n_windows={"train": len(data.train), "val": len(data.val.classes), "test": len(data.test.classes)},
        seconds=data.seconds,
        float_test=float_metrics(fitted.model, inputs, data.test.classes),
        quantized={
            "ptq": Quantized(
                tflite=tflite,
                val=classifier_metrics(val, data.val.classes),
                test=classifier_metrics(test, data.test.classes),
                right=tuple((test.argmax(axis=1) == data.test.classes).tolist()),
            )
        },
        chosen="ptq",
        telling=threshold_point(test, data.test.classes, data.n_silent, threshold),
        judged=_judged(data.test, test, data.labels),
        judged_held_out=_judged(data.val, val, data.labels),
        crossed=_opinion(data),
        other_forms=forms,
        forms=side_by_side(forms, {"model.tflite": tflite}, inputs, data.test.classes, config.seed),
        data_notes=data.notes,
    )


def _opinion(data: GestureData) -> Counts:
    """Return the confusion of a linear classifier on the recordings, in cross-validation."""
    recordings = [str(path).rpartition("@")[0] for path in data.whole.paths]
    return second_opinion(
        data.whole.windows,
        data.whole.classes,
        len(data.labels),
        features=block_features,
        groups=recordings,
        units=recordings,
    )


def _fitted(config: GestureTrainConfig, data: GestureData, run: Run) -> Fitted:
    import_keras().utils.set_random_seed(config.seed)
    n_classes = len(data.labels)

    def network(n: int) -> Any:
        return gesture_network(n_steps=config.n_steps, width=config.width, n_classes=n, dropout=config.dropout)

    if config.start_from is None:
        model = network(n_classes)
    else:
        seen = to_input(data.train.stretches[:, : config.n_steps])
        model = load_start(network, n_classes, config.start_from, seen, _STEPS)
        config = replace(config, learning_rate=config.learning_rate * _WARM_RATE)
    batches = WindowBatches(
        data.train,
        n_classes,
        n_steps=config.n_steps,
        batch_size=config.batch_size,
        seed=config.seed,
        min_batches=config.min_steps_per_epoch,
    )
    held_out = (to_input(data.val.windows), one_hot(data.val.classes, n_classes))
    return fit_classifier(model, batches, held_out, config, run, labels=data.labels)


def _judged(part: HeldOutWindows, scores: NDArray[np.float64], labels: tuple[str, ...]) -> tuple[Judged, ...]:
    return judged(part.paths, part.classes, scores, labels, is_picture=False)


def _calibration(data: GestureData, config: GestureTrainConfig) -> NDArray[np.float32]:
    """Return windows to calibrate with, and two of the extreme values: the input is the board's steps as they are."""
    windows = to_input(drawn(data.train.stretches[:, : config.n_steps], _N_CALIBRATION, config.seed))
    extremes = [np.full(windows.shape[1:], value * STEP_SCALE, np.float32) for value in (-128, 127)]
    return np.concatenate([np.stack(extremes), windows])


def _params(config: GestureTrainConfig, n_silent: int) -> GestureParams:
    return GestureParams(
        step_mhz=round(config.step_hz * 1000),
        n_steps=config.n_steps,
        average_ms=_AVERAGE_MS,
        suppression_ms=_SUPPRESSION_MS,
        n_silent_labels=n_silent,
        min_results=_MIN_RESULTS,
        period_ms=_PERIOD_MS,
    )
