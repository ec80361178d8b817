"""Train a picture classifier: pictures in, an int8 .tflite and its figures out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.api import compile_tflite
from tinyhost.compiler.image_format import Task
from tinyhost.datasets.picture_splits import Splits, load_splits
from tinyhost.errors import UsageError
from tinyhost.metrics.classifier import classifier_metrics
from tinyhost.train.core.classifier import judged
from tinyhost.train.core.evidence import Counts
from tinyhost.train.core.feed import BatchSource, one_hot
from tinyhost.train.core.fitting import BEST_WEIGHTS, Fitted, fit_classifier, float_metrics, import_keras
from tinyhost.train.core.forms import made_forms, side_by_side
from tinyhost.train.core.qat import quantization_aware
from tinyhost.train.core.qat_worker import QatJob
from tinyhost.train.core.quantize import drawn, to_int8_tflite, unit_range_int8
from tinyhost.train.core.quantized import Quantized, better, file_names
from tinyhost.train.core.scores import engine_scores
from tinyhost.train.core.second_opinion import second_opinion, shipped_features
from tinyhost.train.core.trainer import Run
from tinyhost.train.vww.config import VwwTrainConfig
from tinyhost.train.vww.feed import PictureBatches, to_input
from tinyhost.train.vww.head import fit_head, held_out_loss
from tinyhost.train.vww.network import mobilenet_v1
from tinyhost.train.vww.outcome import TransferStep, VwwOutcome
from tinyhost.train.vww.start import load_start, new_network
from tinyhost.train.vww.teacher import TaughtBatches, load_teacher

__all__ = ["load", "train"]

_N_CALIBRATION = 256
_N_STRETCHES = 10  # of each class, by name: frames that were captured one after another look alike
_HEAD_PASSES = 8
_WARM_RATE = 0.2  # of the learning rate, for a model that has learnt already
_WARM_STEPS = 8  # of an epoch, at least: it has less to learn


def load(folder: Path | None, config: VwwTrainConfig, run: Run) -> Splits:
    """Return the pictures of a tree as `load_splits` takes it. Raises DatasetError if it is unfit for training."""
    if folder is None:
        raise UsageError("expected a folder of pictures", hint="--data FOLDER")
    run.stage("read")
    return load_splits(folder, config.labels, min_per_class=config.min_per_class, size=config.size)


def train(config: VwwTrainConfig, data: Splits, run: Run) -> VwwOutcome:
    """Return a MobileNet, quantized and measured.

    Raises MissingToolError without TensorFlow, ModelError if the quantized model is not what the board needs.
    """
    import_keras().utils.set_random_seed(config.seed)
    learnt = _learn(config, data, run)
    model = learnt.fitted.model
    calibration = to_input(drawn(data.train.pictures, _N_CALIBRATION, config.seed))
    contents = _quantize(config, model, data, calibration, run)
    forms = made_forms(config, model, calibration)
    run.stage("evaluate")
    scores = {way: _scores(content, data) for way, content in contents.items()}
    quantized = {way: _measured(contents[way], data, *own) for way, own in scores.items()}
    chosen = better(quantized)
    held_out, tested = (
        judged(part.paths, part.classes, own, data.labels, is_picture=True)
        for part, own in zip((data.val, data.test), scores[chosen], strict=True)
    )
    outcome = VwwOutcome(
        config=config,
        source=run.source,
        labels=data.labels,
        n_samples=len(data),
        skipped=data.skipped,
        sizes={"train": len(data.train), "val": len(data.val), "test": len(data.test)},
        history=learnt.fitted.history,
        tflite=contents[chosen],
        n_parameters=sum(int(np.prod(weight.shape)) for weight in model.weights if "moving" not in weight.path),
        float_test=float_metrics(model, to_input(data.test.pictures), data.test.classes),
        quantized=quantized,
        chosen=chosen,
        transfer=learnt.transfer,
        judged=tested,
        other_forms=forms,
        forms=side_by_side(forms, file_names(contents), to_input(data.test.pictures), data.test.classes, config.seed),
        judged_held_out=held_out,
        duration_s=run.duration_s,
    )
    return outcome.with_opinion(lambda: _opinion(data))


def _opinion(data: Splits) -> Counts:
    """Return the confusion of a linear classifier on all pictures, in cross-validation."""
    parts = (data.train, data.val, data.test)
    pictures, classes = (
        np.concatenate(arrays) for arrays in zip(*((p.pictures, p.classes) for p in parts), strict=True)
    )
    rank = np.array([(classes[:index] == own).sum() for index, own in enumerate(classes)])
    neighbours = rank * _N_STRETCHES // np.bincount(classes)[classes]
    return second_opinion(
        pictures.view(np.int8) ^ np.int8(-128),
        classes,
        len(data.labels),
        features=partial(shipped_features, "vww", axes=(0, 1)),
        groups=[f"{label} {stretch}" for label, stretch in zip(classes, neighbours, strict=True)],
        units=[str(path) for part in parts for path in part.paths],
    )


def _quantize(
    config: VwwTrainConfig, model: Any, data: Splits, calibration: NDArray[np.float32], run: Run
) -> dict[str, bytes]:
    """Return the requested int8 models, by how they were quantized."""
    contents = {}
    if config.quantization in ("ptq", "both"):
        run.stage("quantize")
        contents["ptq"] = to_int8_tflite(model, calibration)
    if config.quantization in ("qat", "both"):
        n_classes = len(data.labels)
        job = QatJob(
            network=partial(
                mobilenet_v1,
                size=config.size,
                alpha=config.alpha,
                n_classes=n_classes,
                dropout=config.dropout,
                l2=0.0,
            ),
            weights={layer.name: layer.get_weights() for layer in model.layers},
            batches=_batches(config, data),
            probes=calibration,
            n_epochs=config.qat_epochs,
            first_epoch=config.n_epochs,
            learning_rate=config.qat_learning_rate,
            label_smoothing=config.label_smoothing,
            seed=config.seed,
        )
        contents["qat"] = unit_range_int8(quantization_aware(job, run), model)
    return contents


def _scores(content: bytes, data: Splits) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return an int8 model's scores of held-out pictures and of those for testing, by the firmware's own engine."""
    image = compile_tflite(content, name="vww", task=Task.VWW, labels=data.labels).image
    val, test = (engine_scores(image, part.pictures.view(np.int8) ^ np.int8(-128)) for part in (data.val, data.test))
    return val, test


def _measured(content: bytes, data: Splits, val: NDArray[np.float64], test: NDArray[np.float64]) -> Quantized:
    return Quantized(
        tflite=content,
        val=classifier_metrics(val, data.val.classes),
        test=classifier_metrics(test, data.test.classes),
        right=tuple((test.argmax(axis=1) == data.test.classes).tolist()),
    )


@dataclass(frozen=True, kw_only=True)
class _Learnt:
    fitted: Fitted
    transfer: tuple[TransferStep, ...] = ()


def _learn(config: VwwTrainConfig, data: Splits, run: Run) -> _Learnt:
    """Return the fitted network: fitted at once, or its head first and then all of it."""
    model = new_network(config, len(data.labels))
    if config.from_scratch:
        return _Learnt(fitted=_fit(model, config, data, run))
    start = load_start(config, data.train.pictures, len(data.labels))
    knows = start.knows(data.labels)
    start.give(model, head=knows)
    own = start.own_pictures(config.start_data) if config.start_data else None

    def step(name: str, body: Any = None, *, is_able: bool = True) -> TransferStep:
        test = float_metrics(model, to_input(data.test.pictures), data.test.classes) if is_able else None
        return TransferStep(name=name, test=test, start_test=start.judged(own, body) if own else None)

    steps = [step("the start", is_able=knows)]
    n_passes = config.head_epochs
    if n_passes is None:
        n_passes = 0 if knows and not config.freeze else _HEAD_PASSES
    if n_passes:
        run.stage("last layer")
        head = fit_head(model, data, n_passes, config.seed)
        steps.append(step("after training the last layer"))
        if config.freeze:
            return _Learnt(fitted=Fitted(model=_kept(model, run), history=[head]), transfer=tuple(steps))
    before, loss_before = [layer.get_weights() for layer in model.layers], held_out_loss(model, data)
    fitted = _fine_tune(model, config, data, run)
    model = fitted.model
    steps.append(step("after fine-tuning all layers", model))
    if n_passes and config.prune is None and loss_before < held_out_loss(model, data):
        for layer, weights in zip(model.layers, before, strict=True):
            layer.set_weights(weights)
        steps[-2] = replace(steps[-2], is_taken=True)
    return _Learnt(fitted=Fitted(model=_kept(model, run), history=fitted.history), transfer=tuple(steps))


def _fine_tune(model: Any, config: VwwTrainConfig, data: Splits, run: Run) -> Fitted:
    """Train further at a smaller rate, with the start's normalization.

    Statistics of a few pictures would be worse than those of the thousands that it has seen. The last layer was fitted
    to these, and to all of its inputs at once: without some of them it answers wildly.
    """
    import keras

    model.get_layer("dropout").rate = 0.0
    for layer in model.layers:
        layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)
    warm = replace(
        config,
        learning_rate=config.learning_rate * _WARM_RATE,
        min_steps_per_epoch=min(config.min_steps_per_epoch, _WARM_STEPS),
    )
    return _fit(model, warm, data, run)


def _kept(model: Any, run: Run) -> Any:
    """Store the weights of the chosen network for later runs to start from; return it."""
    run.folder.mkdir(parents=True, exist_ok=True)
    model.save_weights(str(run.folder / BEST_WEIGHTS))
    return model


def _fit(model: Any, config: VwwTrainConfig, data: Splits, run: Run) -> Fitted:
    batches: BatchSource = _batches(config, data)
    if config.teacher:
        batches = TaughtBatches(batches, load_teacher(config, data))
    held_out = (to_input(data.val.pictures), one_hot(data.val.classes, len(data.labels)))
    return fit_classifier(model, batches, held_out, config, run, labels=data.labels)


def _batches(config: VwwTrainConfig, data: Splits) -> PictureBatches:
    steps = config.min_steps_per_epoch
    return PictureBatches(data.train, len(data.labels), config.batch_size, config.seed, min_steps=steps)
