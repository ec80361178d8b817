"""Fitting a Keras model: schedule, checkpoints, resuming, logs for TensorBoard, the best epoch in the end."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tinyhost.errors import MissingToolError, ModelError, UsageError
from tinyhost.metrics.classifier import ClassifierMetrics, classifier_metrics
from tinyhost.system.durable import write_atomically
from tinyhost.train.core.feed import Batch, BatchSource, batch_dataset, progress_callback
from tinyhost.train.core.progress import Report

__all__ = ["BEST_WEIGHTS", "FitConfig", "Fitted", "fit", "float_metrics", "import_keras", "n_trainable"]

BEST_WEIGHTS = "best.weights.h5"
_LAST, _HISTORY, _LOGS = "last.keras", "history.json", "tensorboard"


@dataclass(frozen=True, kw_only=True)
class FitConfig:
    """How to fit.

    folder: made if need be; gets best.weights.h5, last.keras and history.json after each epoch, and tensorboard/.
    loss: of classes, or of a network that shall give back its input.
    resume: go on after the epoch that last.keras holds.
    """

    folder: Path
    n_epochs: int
    patience: int
    learning_rate: float
    label_smoothing: float = 0.0
    loss: Literal["classes", "reconstruction"] = "classes"
    resume: bool = False


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """The model at its best epoch, and each epoch's figures."""

    model: Any
    history: list[dict[str, float]]


def import_keras() -> Any:
    """Return Keras 3. Raises MissingToolError without TensorFlow."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # its start-up notes are no use here
    try:
        import keras
        import tensorflow  # noqa: F401
    except ImportError as exc:
        raise MissingToolError(
            f"training needs TensorFlow, which is not installed ({exc})",
            hint="install it with: pip install 'tinyhost[train]'",
        ) from exc
    return keras


def fit(model: Any, batches: BatchSource, val: Batch, config: FitConfig, report: Report) -> Fitted:
    """Train a model; return it at the epoch whose held-out loss was least.

    val: all held-out samples. Raises UsageError if there is nothing to resume, ModelError if what is there is damaged.
    """
    import keras

    history: list[dict[str, float]] = []
    config.folder.mkdir(parents=True, exist_ok=True)
    if config.resume:
        model, history = _resume(config)
    else:
        rate = _schedule(len(batches), config)
        if config.loss == "reconstruction":
            model.compile(keras.optimizers.Adam(rate), "mse")
        else:
            loss = keras.losses.CategoricalCrossentropy(label_smoothing=config.label_smoothing)
            model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    if len(history) < config.n_epochs:
        model.fit(
            batch_dataset(batches, len(history)),
            initial_epoch=len(history),
            epochs=config.n_epochs,
            validation_data=val,
            validation_batch_size=256,
            callbacks=_callbacks(config, len(batches), history, report),
            shuffle=False,  # the batches are shuffled already
            verbose=0,
        )
    model.load_weights(str(config.folder / BEST_WEIGHTS))
    return Fitted(model=model, history=history)


def float_metrics(model: Any, samples: NDArray[np.float32], classes: NDArray[np.int64]) -> ClassifierMetrics:
    """Return how right a model is before it is quantized."""
    scores = model.predict(samples, batch_size=256, verbose=0)
    return classifier_metrics(scores.astype(np.float64), classes)


def n_trainable(model: Any) -> int:
    """Return the number of a model's parameters that are trained."""
    return int(sum(np.prod(weight.shape) for weight in model.trainable_weights))


def _schedule(n_steps_per_epoch: int, config: FitConfig) -> Any:
    import keras

    n_steps = n_steps_per_epoch * config.n_epochs
    warmup = min(n_steps_per_epoch, n_steps // 10)
    return keras.optimizers.schedules.CosineDecay(
        config.learning_rate * 0.1,
        decay_steps=max(1, n_steps - warmup),
        warmup_target=config.learning_rate,
        warmup_steps=warmup,
    )


def _resume(config: FitConfig) -> tuple[Any, list[dict[str, float]]]:
    """Return the model and the figures of the epochs that are done."""
    import keras

    last, figures = config.folder / _LAST, config.folder / _HISTORY
    if not (last.is_file() and figures.is_file()):
        raise UsageError(f"{config.folder}: no run to resume: {_LAST} is not there", hint="leave --resume out")
    try:
        history = json.loads(figures.read_text(encoding="utf-8"))
        return keras.models.load_model(last), list(history)
    except (OSError, ValueError) as exc:
        raise ModelError(f"{last}: cannot be resumed: {exc}", hint="train again, without --resume") from exc


def _callbacks(config: FitConfig, n_steps: int, history: list[dict[str, float]], report: Report) -> list[Any]:
    import keras

    best = {"monitor": "val_loss", "mode": "min"}
    before = min((epoch["val_loss"] for epoch in history), default=None)

    class Keeper(keras.callbacks.Callback):  # type: ignore[misc]
        """Keeps the last epoch, model and optimizer, so that a stopped run can go on."""

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            figures = {name: round(float(value), 5) for name, value in (logs or {}).items() if name != "learning_rate"}
            history.append(figures)
            partial = config.folder / f"partial.{_LAST}"
            self.model.save(partial)
            partial.replace(config.folder / _LAST)
            write_atomically(config.folder / _HISTORY, json.dumps(history).encode("ascii"), sync=False)

    checkpoint = keras.callbacks.ModelCheckpoint(
        str(config.folder / BEST_WEIGHTS),
        save_best_only=True,
        save_weights_only=True,
        initial_value_threshold=before,
        **best,
    )
    return [
        checkpoint,
        Keeper(),
        keras.callbacks.EarlyStopping(patience=config.patience, **best),
        keras.callbacks.TensorBoard(str(config.folder / _LOGS), write_graph=False),
        progress_callback(keras, "train", config.n_epochs, n_steps, report),
    ]
