"""Train the visual-wake-words model: pictures in, int8 .tflite with figures and card out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.datasets.pictures import PICTURE_SIZE, PictureSet, Splits, load_splits
from tinyhost.metrics.classifier import ClassifierMetrics, classifier_metrics
from tinyhost.models.catalogue import fetch
from tinyhost.train.core.fitting import FitPlan, Fitted, fit, import_keras
from tinyhost.train.core.progress import Report, stage_progress
from tinyhost.train.core.run_folder import RunRecord, write_run_folder

__all__ = ["TrainResult", "VwwTrainConfig", "train_vww"]

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
    resume: go on with the run in the folder, after its last whole epoch.
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
    resume: bool = False
    command: str = ""
    data_note: str = ""


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
    progress: Report | None = None,
) -> TrainResult:
    """Train, quantize and measure a model; return the files written into run_dir.

    data_dir: a tree as `load_splits` takes it. run_dir gets model.tflite, labels.txt, metrics.json,
    card.md, and what `fit` keeps: the best epoch and the last one, also after an interrupted run.
    Raises DatasetError for bad data, MissingToolError without TensorFlow, ModelError if the
    quantized model is not what the board needs.
    """
    splits = load_splits(Path(data_dir), config.labels, min_per_class=config.min_per_class)
    keras = import_keras()
    started_s = time.monotonic()
    run_dir = Path(run_dir)
    run_dir.mkdir(parents=True, exist_ok=True)
    report = progress or (lambda _: None)

    keras.utils.set_random_seed(config.seed)
    model = _build(config, splits.train)
    fitted = _fit(model, config, splits, run_dir, report)
    model = fitted.model
    report(stage_progress("quantize"))
    content = _quantize(model, splits.train, config.seed)
    report(stage_progress("evaluate"))
    float_scores = model.predict(_to_input(splits.test.pictures), batch_size=256, verbose=0)
    float_test = classifier_metrics(float_scores.astype(np.float64), splits.test.classes)
    int8_scores, operators = _run_int8(content, splits.test.pictures)
    record = RunRecord(
        config=config,
        data_dir=Path(data_dir),
        sizes={"train": len(splits.train), "val": len(splits.val), "test": len(splits.test)},
        history=fitted.history,
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


def _to_input(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return (n, 96, 96, 1) in [0, 1]."""
    scaled: NDArray[np.float32] = pictures[..., np.newaxis].astype(np.float32) / np.float32(255)
    return scaled


def _build(config: VwwTrainConfig, train: PictureSet) -> Any:
    """Return the model with the weights that training starts from."""
    from tinyhost.train.vww.network import mobilenet_v1
    from tinyhost.train.vww.warm_start import load_tflite_weights

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


def _fit(model: Any, config: VwwTrainConfig, splits: Splits, run_dir: Path, report: Report) -> Fitted:
    from tinyhost.train.core.feed import AugmentedBatches, one_hot

    batches = AugmentedBatches(
        splits.train,
        len(config.labels),
        config.batch_size,
        config.seed,
        min_steps=config.min_steps_per_epoch,
    )
    plan = FitPlan(
        folder=run_dir,
        n_epochs=config.n_epochs,
        patience=config.patience,
        learning_rate=config.learning_rate * (1.0 if config.from_scratch else 0.2),
        label_smoothing=config.label_smoothing,
        resume=config.resume,
    )
    val = (_to_input(splits.val.pictures), one_hot(splits.val.classes, len(config.labels)))
    return fit(model, batches, val, plan, report)


def _quantize(model: Any, train: PictureSet, seed: int) -> bytes:
    from tinyhost.train.core.quantize import to_int8_tflite

    chosen = np.random.default_rng(seed).permutation(len(train))[:_N_CALIBRATION]
    return to_int8_tflite(model, train.pictures[chosen])


def _run_int8(content: bytes, pictures: NDArray[np.uint8]) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Return the int8 model's scores, (n, n_classes), and its operators."""
    from tinyhost.train.core.quantize import Int8Model

    int8_model = Int8Model(content)
    scores = np.stack([int8_model.run(picture) for picture in pictures])
    return scores.astype(np.float64), int8_model.operators()
