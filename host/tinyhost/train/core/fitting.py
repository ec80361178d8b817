"""Fitting a Keras model: schedule, checkpoints, resuming, logs for TensorBoard, the best epoch in the end."""

from __future__ import annotations

import json
import os
from collections.abc import Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from tinyhost.errors import MissingToolError, ModelError, UsageError
from tinyhost.system.durable import write_atomically
from tinyhost.train.core.progress import Report

__all__ = ["BEST_WEIGHTS", "Feed", "FitPlan", "Fitted", "fit", "import_keras"]

BEST_WEIGHTS = "best.weights.h5"
_LAST, _HISTORY, _LOGS = "last.keras", "history.json", "tensorboard"

Samples = tuple[NDArray[np.float32], NDArray[np.float32]]


class Feed(Sized, Protocol):
    """Batches: an epoch has len() of them."""

    def dataset(self, first_epoch: int = 0) -> Any:
        """Return a tf.data.Dataset; each pass over it is the next epoch."""
        ...


@dataclass(frozen=True, kw_only=True)
class FitPlan:
    """How to fit.

    folder: gets best.weights.h5, last.keras and history.json after each epoch, and tensorboard/.
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


def fit(model: Any, feed: Feed, val: Samples, plan: FitPlan, report: Report) -> Fitted:
    """Train a model; return it at the epoch whose held-out loss was least.

    val: samples and one-hot classes, or samples twice. Raises UsageError if there is nothing to resume, ModelError if
    what is there is damaged.
    """
    import keras

    history: list[dict[str, float]] = []
    if plan.resume:
        model, history = _resume(plan)
    else:
        rate = _schedule(len(feed), plan)
        if plan.loss == "reconstruction":
            model.compile(keras.optimizers.Adam(rate), "mse")
        else:
            loss = keras.losses.CategoricalCrossentropy(label_smoothing=plan.label_smoothing)
            model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    if len(history) < plan.n_epochs:
        model.fit(
            feed.dataset(len(history)),
            initial_epoch=len(history),
            epochs=plan.n_epochs,
            validation_data=val,
            validation_batch_size=256,
            callbacks=_callbacks(plan, len(feed), history, report),
            shuffle=False,  # the batches are shuffled already
            verbose=0,
        )
    model.load_weights(str(plan.folder / BEST_WEIGHTS))
    return Fitted(model=model, history=history)


def _schedule(n_steps_per_epoch: int, plan: FitPlan) -> Any:
    import keras

    n_steps = n_steps_per_epoch * plan.n_epochs
    warmup = min(n_steps_per_epoch, n_steps // 10)
    return keras.optimizers.schedules.CosineDecay(
        plan.learning_rate * 0.1,
        decay_steps=max(1, n_steps - warmup),
        warmup_target=plan.learning_rate,
        warmup_steps=warmup,
    )


def _resume(plan: FitPlan) -> tuple[Any, list[dict[str, float]]]:
    """Return the model and the figures of the epochs that are done."""
    import keras

    last, figures = plan.folder / _LAST, plan.folder / _HISTORY
    if not (last.is_file() and figures.is_file()):
        raise UsageError(f"{plan.folder}: no run to resume: {_LAST} is not there", hint="leave --resume out")
    try:
        history = json.loads(figures.read_text(encoding="utf-8"))
        return keras.models.load_model(last), list(history)
    except (OSError, ValueError) as exc:
        raise ModelError(f"{last}: cannot be resumed: {exc}", hint="train again, without --resume") from exc


def _callbacks(plan: FitPlan, n_steps: int, history: list[dict[str, float]], report: Report) -> list[Any]:
    import keras

    from tinyhost.train.core.feed import progress_callback

    best = {"monitor": "val_loss", "mode": "min"}
    before = min((epoch["val_loss"] for epoch in history), default=None)

    class Keeper(keras.callbacks.Callback):  # type: ignore[misc]
        """Keeps the last epoch, model and optimizer, so that a stopped run can go on."""

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            figures = {name: round(float(value), 5) for name, value in (logs or {}).items() if name != "learning_rate"}
            history.append(figures)
            partial = plan.folder / f"partial.{_LAST}"
            self.model.save(partial)
            partial.replace(plan.folder / _LAST)
            write_atomically(plan.folder / _HISTORY, json.dumps(history).encode("ascii"), sync=False)

    checkpoint = keras.callbacks.ModelCheckpoint(
        str(plan.folder / BEST_WEIGHTS),
        save_best_only=True,
        save_weights_only=True,
        initial_value_threshold=before,
        **best,
    )
    return [
        checkpoint,
        Keeper(),
        keras.callbacks.EarlyStopping(patience=plan.patience, **best),
        keras.callbacks.TensorBoard(str(plan.folder / _LOGS), write_graph=False),
        progress_callback(plan.n_epochs, n_steps, report),
    ]
