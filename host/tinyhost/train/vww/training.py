"""Train a picture classifier: pictures in, an int8 .tflite and its figures out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.api import compile_tflite
from tinyhost.compiler.image_format import Task
from tinyhost.datasets.picture_splits import PICTURE_SIZE, PictureSet, Splits, load_splits
from tinyhost.errors import ModelError, UsageError
from tinyhost.metrics.classifier import classifier_metrics
from tinyhost.models.catalogue import fetch
from tinyhost.system.reading import read_file
from tinyhost.tasks.findings import Judged
from tinyhost.train.core.feed import one_hot
from tinyhost.train.core.fitting import Fitted, fit_classifier, float_metrics, import_keras, n_trainable
from tinyhost.train.core.quantize import drawn, to_int8_tflite
from tinyhost.train.core.scores import engine_scores
from tinyhost.train.core.trainer import Run
from tinyhost.train.vww.config import VwwTrainConfig
from tinyhost.train.vww.feed import PictureBatches, to_input
from tinyhost.train.vww.network import mobilenet_v1
from tinyhost.train.vww.outcome import VwwOutcome
from tinyhost.train.vww.warm_start import load_tflite_weights

__all__ = ["load", "train"]

_N_CALIBRATION = 256
_MAX_MODEL_BYTES = 1 << 26
_WARM_RATE = 0.2  # of the learning rate, for a model that has learnt already


def load(folder: Path | None, config: VwwTrainConfig, run: Run) -> Splits:
    """Return the pictures of a tree as `load_splits` takes it. Raises DatasetError if it cannot be learnt from."""
    if folder is None:
        raise UsageError("expected a folder of pictures", hint="--data FOLDER")
    run.stage("read")
    return load_splits(folder, config.labels, min_per_class=config.min_per_class)


def train(config: VwwTrainConfig, data: Splits, run: Run) -> VwwOutcome:
    """Return a MobileNet, quantized and measured.

    Raises MissingToolError without TensorFlow, ModelError if the quantized model is not what the board needs.
    """
    import_keras().utils.set_random_seed(config.seed)
    fitted = _fit(_initial(config, data), config, data, run)
    run.stage("quantize")
    tflite = to_int8_tflite(fitted.model, to_input(drawn(data.train.pictures, _N_CALIBRATION, config.seed)))
    run.stage("evaluate")
    image = compile_tflite(tflite, name=run.folder.name, task=Task.VWW, labels=data.labels).image
    scores = engine_scores(image, data.test.pictures.view(np.int8) ^ np.int8(-128))
    return VwwOutcome(
        config=config,
        source=run.source,
        labels=data.labels,
        n_samples=len(data),
        skipped=data.skipped,
        sizes={"train": len(data.train), "val": len(data.val), "test": len(data.test)},
        history=fitted.history,
        tflite=tflite,
        n_parameters=n_trainable(fitted.model),
        float_test=float_metrics(fitted.model, to_input(data.test.pictures), data.test.classes),
        int8_test=classifier_metrics(scores, data.test.classes),
        judged=_judged(data.test, data.labels, scores),
        duration_s=run.duration_s,
    )


def _initial(config: VwwTrainConfig, data: Splits) -> Any:
    """Return the model with the weights that training starts from."""
    model = mobilenet_v1(
        size=PICTURE_SIZE,
        alpha=config.alpha,
        n_classes=len(data.labels),
        dropout=config.dropout,
        l2=config.l2,
    )
    if config.from_scratch:
        return model
    source = config.start_from or fetch("vww")
    if source.suffix == ".h5":
        model.load_weights(str(source))
    else:
        tflite = read_file(source, max_bytes=_MAX_MODEL_BYTES, error=ModelError)
        load_tflite_weights(model, tflite, data.train.pictures, str(source))
    return model


def _fit(model: Any, config: VwwTrainConfig, data: Splits, run: Run) -> Fitted:
    n_classes = len(data.labels)
    batches = PictureBatches(
        data.train, n_classes, config.batch_size, config.seed, min_steps=config.min_steps_per_epoch
    )
    if not config.from_scratch:
        config = replace(config, learning_rate=config.learning_rate * _WARM_RATE)
    held_out = (to_input(data.val.pictures), one_hot(data.val.classes, n_classes))
    return fit_classifier(model, batches, held_out, config, run)


def _judged(pictures: PictureSet, labels: tuple[str, ...], scores: NDArray[np.float64]) -> tuple[Judged, ...]:
    return tuple(
        Judged(
            path=path,
            label=labels[label],
            predicted=labels[int(row.argmax())],
            scores=tuple(row.tolist()),
            is_picture=True,
        )
        for path, label, row in zip(pictures.paths, pictures.classes, scores, strict=True)
    )
