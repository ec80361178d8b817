"""Fits a Keras model: schedule, checkpoints, resuming, logs for TensorBoard, the best epoch at the end."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.errors import MissingToolError, ModelError, UsageError
from tinyhost.metrics.classifier import ClassifierMetrics, classifier_metrics
from tinyhost.system.durable import write_atomically
from tinyhost.system.installation import with_extra
from tinyhost.system.json_reading import JsonObject, parse_json, shown
from tinyhost.system.reading import read_file
from tinyhost.train.core.config import ClassifierConfig, TrainConfig
from tinyhost.train.core.feed import Batch, BatchSource, batch_dataset, progress_callback
from tinyhost.train.core.normalization import refresh_callback
from tinyhost.train.core.pruning import first_pruned_epoch, pruning_callback
from tinyhost.train.core.tensorboard import confusion_callback
from tinyhost.train.core.trainer import Run

__all__ = ["BEST_WEIGHTS", "LAST", "Fitted", "fit", "fit_classifier", "float_metrics", "import_keras", "n_trainable"]

BEST_WEIGHTS = "best.weights.h5"
LAST, _HISTORY, _LOGS = "last.keras", "history.json", "tensorboard"
_HISTOGRAM_EVERY = 5  # epochs, of each layer's weights
_MAX_HISTORY_BYTES, _MAX_FIGURE = 1 << 24, 1e30


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
            hint=with_extra("train"),
        ) from exc
    return keras


def fit_classifier(
    model: Any, batches: BatchSource, held_out: Batch, config: ClassifierConfig, run: Run, *, labels: Sequence[str]
) -> Fitted:
    """Train a classifier; see `fit`. TensorBoard gets the confusion of held-out samples, too."""
    import keras

    callbacks = [confusion_callback(run.folder / _LOGS / "validation", held_out, labels)]
    if config.prune is not None:
        callbacks.append(pruning_callback(config.prune, config.n_epochs, len(batches)))
    return fit(
        model,
        batches,
        held_out,
        config,
        run,
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=config.label_smoothing),
        metrics=["accuracy"],
        patience=config.patience,
        callbacks=callbacks,
        first_eligible=0 if config.prune is None else first_pruned_epoch(config.n_epochs),
    )


def fit(
    model: Any,
    batches: BatchSource,
    held_out: Batch,
    config: TrainConfig,
    run: Run,
    *,
    loss: Any,
    metrics: Sequence[str] = (),
    patience: int,
    callbacks: Sequence[Any] = (),
    first_eligible: int = 0,
) -> Fitted:
    """Train a model; return it at the epoch with the least held-out loss, of those from first_eligible on.

    The run's folder gets best.weights.h5, last.keras and history.json after each epoch, and tensorboard/. Training
    stops after `patience` epochs without a better held-out loss. Raises UsageError if there is nothing to resume,
    ModelError if what is there is damaged.
    """
    import keras

    history: list[dict[str, float]] = []
    run.folder.mkdir(parents=True, exist_ok=True)
    if config.resume:
        model, history = _resume(run.folder)
        model.optimizer.learning_rate = _schedule(len(batches), config)  # that of the longer run
    else:
        model.compile(_optimizer(len(batches), config), loss, metrics=list(metrics))
    if len(history) < config.n_epochs:
        model.fit(
            batch_dataset(batches, len(history)),
            initial_epoch=len(history),
            epochs=config.n_epochs,
            validation_data=held_out,
            validation_batch_size=256,
            callbacks=[
                refresh_callback(batches),
                *_callbacks(run.folder, patience, history, first_eligible),
                *callbacks,
                progress_callback(keras, "train", config.n_epochs, len(batches), run.report),
            ],
            shuffle=False,  # the batches are shuffled already
            verbose=0,
        )
    model.load_weights(str(run.folder / BEST_WEIGHTS))
    return Fitted(model=model, history=history)


def float_metrics(model: Any, samples: NDArray[np.float32], classes: NDArray[np.int64]) -> ClassifierMetrics:
    """Return a model's metrics before it is quantized."""
    scores = model.predict(samples, batch_size=256, verbose=0)
    return classifier_metrics(scores.astype(np.float64), classes)


def n_trainable(model: Any) -> int:
    """Return the number of a model's parameters that are trained."""
    return int(sum(np.prod(weight.shape) for weight in model.trainable_weights))


def _optimizer(n_steps_per_epoch: int, config: TrainConfig) -> Any:
    import keras

    rate = _schedule(n_steps_per_epoch, config)
    if config.optimizer == "sgd":
        return keras.optimizers.SGD(rate, momentum=0.9)
    return {"adam": keras.optimizers.Adam, "rmsprop": keras.optimizers.RMSprop}[config.optimizer](rate)


def _schedule(n_steps_per_epoch: int, config: TrainConfig) -> Any:
    import keras

    schedules, rate = keras.optimizers.schedules, config.learning_rate
    n_steps = n_steps_per_epoch * config.n_epochs
    if config.schedule == "step":
        return schedules.PiecewiseConstantDecay([n_steps // 2, 3 * n_steps // 4], [rate, rate * 0.1, rate * 0.01])
    if config.schedule != "cosine":
        return schedules.ExponentialDecay(rate, n_steps, 0.01 if config.schedule == "exponential" else 1.0)
    warmup = min(n_steps_per_epoch, n_steps // 10)
    return schedules.CosineDecay(
        config.learning_rate * 0.1,
        decay_steps=max(1, n_steps - warmup),
        warmup_target=config.learning_rate,
        warmup_steps=warmup,
    )


def _resume(folder: Path) -> tuple[Any, list[dict[str, float]]]:
    """Return the model and the figures of the finished epochs."""
    import keras

    last, figures = folder / LAST, folder / _HISTORY
    if not (last.is_file() and figures.is_file()):
        raise UsageError(f"{folder}: no run to resume: {LAST} is not there", hint="omit --resume")
    hint = "train again, without --resume"
    content = read_file(figures, max_bytes=_MAX_HISTORY_BYTES, error=ModelError)
    epochs = parse_json(content, str(figures), error=ModelError, hint=hint)
    if not isinstance(epochs, list):
        raise ModelError(f"{figures}: expected a list of epochs, got {shown(epochs)}", hint=hint)
    history = [_figures(epoch, f"{figures}[{number}]", hint) for number, epoch in enumerate(epochs)]
    try:
        return keras.models.load_model(last), history
    except (OSError, ValueError) as exc:
        raise ModelError(f"{last}: cannot be resumed: {exc}", hint=hint) from exc


def _figures(epoch: Any, where: str, hint: str) -> dict[str, float]:
    values = JsonObject.of(epoch, where, error=ModelError, hint=hint)
    return {name: values.number(name, -_MAX_FIGURE, _MAX_FIGURE) for name in {"val_loss", *values.values}}


def _check_finite(epoch: int, logs: Mapping[str, float]) -> None:
    """Raise ModelError for a training that has diverged."""
    for name in ("loss", "val_loss"):
        if name in logs and not math.isfinite(logs[name]):
            raise ModelError(
                f"training diverged: {name} is {logs[name]} after epoch {epoch + 1}",
                hint="use a smaller --learning-rate, and check the samples",
            )


def _callbacks(folder: Path, patience: int, history: list[dict[str, float]], first_eligible: int) -> list[Any]:
    import keras

    best = {"monitor": "val_loss", "mode": "min"}
    before = min((epoch["val_loss"] for epoch in history[first_eligible:]), default=None)

    class Best(keras.callbacks.ModelCheckpoint):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if epoch >= first_eligible:
                super().on_epoch_end(epoch, logs)

    class Keeper(keras.callbacks.Callback):  # type: ignore[misc]
        """Stores the last epoch, model and optimizer, so that a stopped run can be resumed."""

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            _check_finite(epoch, logs or {})
            figures = {name: round(float(value), 5) for name, value in (logs or {}).items() if name != "learning_rate"}
            history.append(figures)
            partial = folder / f"partial.{LAST}"
            self.model.save(partial)
            partial.replace(folder / LAST)
            write_atomically(folder / _HISTORY, json.dumps(history).encode("ascii"), sync=False)

    checkpoint = Best(
        str(folder / BEST_WEIGHTS),
        save_best_only=True,
        save_weights_only=True,
        initial_value_threshold=before,
        **best,
    )
    return [
        checkpoint,
        Keeper(),
        keras.callbacks.EarlyStopping(patience=patience, start_from_epoch=first_eligible, **best),
        keras.callbacks.TensorBoard(str(folder / _LOGS), write_graph=True, histogram_freq=_HISTOGRAM_EVERY),
    ]
