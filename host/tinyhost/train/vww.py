"""Train the visual-wake-words model: pictures in, int8 .tflite with figures and card out."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.errors import MissingToolError
from tinyhost.models.catalogue import fetch
from tinyhost.train.metrics import ClassifierMetrics, classifier_metrics
from tinyhost.train.pictures import PICTURE_SIZE, PictureSet, Splits, load_splits
from tinyhost.train.run_folder import RunRecord, write_run_folder

__all__ = ["TrainProgress", "TrainResult", "VwwTrainConfig", "train_vww"]

_N_CALIBRATION = 256


@dataclass(frozen=True, kw_only=True)
class VwwTrainConfig:
    """How to train. The defaults suit a few hundred to some ten thousand pictures per class.

    labels: classes, in the order of the model's outputs; the default is that of TFLM's person_detect.
    patience: epochs without a better validation loss after which training stops.
    start_from: what to start from: a .tflite of the same architecture or an earlier run's .weights.h5.
    None: the model that ships, unless from_scratch.
    from_scratch: start from random weights; wants ten thousand pictures.
    learning_rate: its peak; a run that does not start from scratch takes a fifth of it.
    min_steps_per_epoch: small sets are gone through several times an epoch, augmented anew.
    command: what the person typed, for the record.
    data_note: one sentence for the model card on what the pictures are.
    """

    labels: tuple[str, ...] = ("no_person", "person")
    alpha: float = 0.25
    n_epochs: int = 20
    batch_size: int = 64
    learning_rate: float = 3e-3
    label_smoothing: float = 0.05
    dropout: float = 0.1
    l2: float = 2e-5
    patience: int = 8
    min_per_class: int = 10
    seed: int = 1
    start_from: Path | None = None
    from_scratch: bool = False
    min_steps_per_epoch: int = 30
    command: str = ""
    data_note: str = ""


@dataclass(frozen=True, kw_only=True)
class TrainProgress:
    """Where a training run is. Epochs count from 1; val_* are set at the end of an epoch only."""

    stage: str
    epoch: int
    n_epochs: int
    step: int
    n_steps: int
    loss: float
    accuracy: float
    val_loss: float | None = None
    val_accuracy: float | None = None


@dataclass(frozen=True, kw_only=True)
class TrainResult:
    """What a training run left: files, and how right the model is on the test split."""

    model: Path
    labels: Path
    metrics: Path
    card: Path
    float_test: ClassifierMetrics
    int8_test: ClassifierMetrics
    model_bytes: int
    n_parameters: int
    duration_s: float


def train_vww(
    config: VwwTrainConfig,
    data_dir: Path,
    run_dir: Path,
    progress: Callable[[TrainProgress], None] | None = None,
) -> TrainResult:
    """Train, quantize and measure a model; return the files written into run_dir.

    data_dir: a tree as `load_splits` takes it. run_dir gets model.tflite, labels.txt, metrics.json,
    card.md and best.weights.h5 (the best epoch so far, also after an interrupted run).
    Raises DatasetError for bad data, MissingToolError without TensorFlow, ModelError if the
    quantized model is not what the board needs.
    """
    splits = load_splits(Path(data_dir), config.labels, min_per_class=config.min_per_class)
    keras = _import_keras()
    started_s = time.monotonic()
    run_dir = Path(run_dir)
    run_dir.mkdir(parents=True, exist_ok=True)
    report = progress or (lambda _: None)

    keras.utils.set_random_seed(config.seed)
    model = _build(config, splits.train)
    history = _fit(model, config, splits, run_dir / "best.weights.h5", report)
    report(_stage("quantize", config))
    content = _quantize(model, splits.train, config.seed)
    report(_stage("evaluate", config))
    float_scores = model.predict(_to_input(splits.test.pictures), batch_size=256, verbose=0)
    float_test = classifier_metrics(float_scores.astype(np.float64), splits.test.classes)
    int8_scores, operators = _run_int8(content, splits.test.pictures)
    record = RunRecord(
        config=config,
        data_dir=Path(data_dir),
        sizes={"train": len(splits.train), "val": len(splits.val), "test": len(splits.test)},
        history=history,
        float_test=float_test,
        int8_test=classifier_metrics(int8_scores, splits.test.classes),
        n_parameters=int(sum(np.prod(w.shape) for w in model.trainable_weights)),
        operators=operators,
        duration_s=time.monotonic() - started_s,
    )
    files = write_run_folder(run_dir, content, record)
    return TrainResult(
        model=files["model"],
        labels=files["labels"],
        metrics=files["metrics"],
        card=files["card"],
        float_test=record.float_test,
        int8_test=record.int8_test,
        model_bytes=len(content),
        n_parameters=record.n_parameters,
        duration_s=record.duration_s,
    )


def _import_keras() -> Any:
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


def _stage(stage: str, config: VwwTrainConfig) -> TrainProgress:
    n = config.n_epochs
    return TrainProgress(stage=stage, epoch=n, n_epochs=n, step=0, n_steps=0, loss=float("nan"), accuracy=float("nan"))


def _to_input(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return (n, 96, 96, 1) in [0, 1]."""
    scaled: NDArray[np.float32] = pictures[..., np.newaxis].astype(np.float32) / np.float32(255)
    return scaled


def _build(config: VwwTrainConfig, train: PictureSet) -> Any:
    """Return the model with the weights that training starts from."""
    from tinyhost.train.mobilenet import mobilenet_v1
    from tinyhost.train.warm_start import load_tflite_weights

    model = mobilenet_v1(
        size=PICTURE_SIZE,
        alpha=config.alpha,
        n_classes=len(config.labels),
        dropout=config.dropout,
        l2=config.l2,
    )
    if config.from_scratch:
        return model
    source = config.start_from or fetch("vww")
    if source.suffix == ".h5":
        model.load_weights(str(source))
    else:
        load_tflite_weights(model, source.read_bytes(), train.pictures, str(source))
    return model


def _fit(
    model: Any,
    config: VwwTrainConfig,
    splits: Splits,
    checkpoint: Path,
    report: Callable[[TrainProgress], None],
) -> list[dict[str, float]]:
    """Train the model, leave it at its best epoch, and return each epoch's figures."""
    import keras

    from tinyhost.train.keras_feed import AugmentedBatches, one_hot, progress_callback

    batches = AugmentedBatches(
        splits.train,
        len(config.labels),
        config.batch_size,
        config.seed,
        min_steps=config.min_steps_per_epoch,
    )
    peak = config.learning_rate * (1.0 if config.from_scratch else 0.2)
    n_steps = len(batches) * config.n_epochs
    warmup = min(len(batches), n_steps // 10)
    schedule = keras.optimizers.schedules.CosineDecay(
        peak * 0.1,
        decay_steps=max(1, n_steps - warmup),
        warmup_target=peak,
        warmup_steps=warmup,
    )
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=config.label_smoothing)
    model.compile(keras.optimizers.Adam(schedule), loss, metrics=["accuracy"])
    best = {"monitor": "val_loss", "mode": "min"}
    callbacks = [
        keras.callbacks.ModelCheckpoint(str(checkpoint), save_best_only=True, save_weights_only=True, **best),
        keras.callbacks.EarlyStopping(patience=config.patience, **best),
        progress_callback(config.n_epochs, len(batches), report),
    ]
    val = (_to_input(splits.val.pictures), one_hot(splits.val.classes, len(config.labels)))
    fitted = model.fit(
        batches.dataset(),
        epochs=config.n_epochs,
        validation_data=val,
        validation_batch_size=256,
        callbacks=callbacks,
        shuffle=False,  # the batches are shuffled already
        verbose=0,
    )
    model.load_weights(str(checkpoint))
    names = [name for name in fitted.history if name != "learning_rate"]
    n_done = len(fitted.history["loss"])
    return [{name: round(float(fitted.history[name][i]), 5) for name in names} for i in range(n_done)]


def _quantize(model: Any, train: PictureSet, seed: int) -> bytes:
    from tinyhost.train.quantize import to_int8_tflite

    chosen = np.random.default_rng(seed).permutation(len(train))[:_N_CALIBRATION]
    return to_int8_tflite(model, train.pictures[chosen])


def _run_int8(content: bytes, pictures: NDArray[np.uint8]) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Return the int8 model's scores, (n, n_classes), and its operators."""
    from tinyhost.train.quantize import Int8Model

    int8_model = Int8Model(content)
    scores = np.stack([int8_model.run(picture) for picture in pictures])
    return scores.astype(np.float64), int8_model.operators()
