"""Train a keyword spotter: clips in, int8 .tflite files and their figures out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.speakers import speaker_of_file
from tinyhost.compiler.api import compile_tflite
from tinyhost.compiler.app_defaults import AppDefaults, WakeDefaults
from tinyhost.compiler.image_format import KwsParams, Task
from tinyhost.datasets.sounds import N_SILENT, UNKNOWN_CLASS, ClipSet, SoundSplits, load_sounds
from tinyhost.errors import UsageError
from tinyhost.metrics.classifier import classifier_metrics
from tinyhost.metrics.keywords import choose_threshold, keyword_curve
from tinyhost.models.cascade import joined
from tinyhost.models.file import read_tflite_file
from tinyhost.train.core.classifier import judged
from tinyhost.train.core.evidence import Counts
from tinyhost.train.core.feed import one_hot
from tinyhost.train.core.fitting import Fitted, fit_classifier, float_metrics, import_keras, n_trainable
from tinyhost.train.core.forms import made_forms, side_by_side
from tinyhost.train.core.qat import quantization_aware
from tinyhost.train.core.qat_worker import QatJob
from tinyhost.train.core.quantize import drawn, to_int8_tflite, unit_range_int8
from tinyhost.train.core.quantized import better, file_names
from tinyhost.train.core.scores import engine_scores
from tinyhost.train.core.second_opinion import second_opinion, shipped_features
from tinyhost.train.core.trainer import Run
from tinyhost.train.core.warm_start import load_start, load_tflite_body, start_file
from tinyhost.train.kws.augment import clip_features
from tinyhost.train.kws.config import Architecture, KwsTrainConfig
from tinyhost.train.kws.feed import KwsBatches, to_input
from tinyhost.train.kws.first_network import train_first
from tinyhost.train.kws.network import N_STRIDES, kws_network
from tinyhost.train.kws.outcome import KwsOutcome, KwsQuantized, speakers_note
from tinyhost.train.kws.published import load_published
from tinyhost.train.kws.rounds import FeatureRound, FeatureRounds, load_round

__all__ = ["load", "train"]

_START = Path("models/words/model.tflite")
"""A ds_cnn that tells hundreds of synthetic words apart."""
_N_CALIBRATION, _N_RANGES = 512, 1024
_WARM_RATE = 0.7  # of the learning rate, for a network that has learnt other words already
_JOINT = {"dropout": "ds_dropout", "flat": "ds_flat"}
"""names of a ds_cnn's layers in a joint network, where they differ"""


@dataclass(frozen=True, kw_only=True)
class _Features:
    """The network's samples: files of training rounds, held-out clips (first unchanged), clips for testing."""

    rounds: Sequence[Path]
    val: FeatureRound
    test: FeatureRound


def load(folder: Path | None, config: KwsTrainConfig, run: Run) -> SoundSplits:
    """Return the clips of a folder as `load_sounds` takes it. Raises DatasetError if it cannot be learnt from."""
    if folder is None:
        raise UsageError("expected a folder of clips", hint="--data FOLDER")
    return load_sounds(
        folder,
        config.words,
        min_per_word=config.min_per_word,
        seed=config.seed,
        on_file=lambda done, total: run.stage("read", done, total),
    )


def train(config: KwsTrainConfig, data: SoundSplits, run: Run) -> KwsOutcome:
    """Return a keyword network, quantized as requested, measured, the best one chosen.

    Raises MissingToolError without TensorFlow, ModelError if the quantized model is not what the board needs.
    """
    keras = import_keras()
    features = _features(config, data, run)
    keras.utils.set_random_seed(config.seed)
    fitted = _fit(config, _initial(config, len(data.labels), features), features, data.labels, run)
    contents = _quantize(config, fitted.model, features, run)
    samples = _calibration(config, features)
    forms = made_forms(config, fitted.model, samples)
    run.stage("evaluate")
    scores = {way: _scores(content, config, features) for way, content in contents.items()}
    quantized = {way: _measured(contents[way], config, features, *own) for way, own in scores.items()}
    chosen = better(quantized)
    held_out, tested = (
        judged(clips.paths, clips.classes, own[: len(clips)], data.labels, is_picture=False)
        for clips, own in zip((data.val, data.test), scores[chosen], strict=True)
    )
    outcome = KwsOutcome(
        config=config,
        source=run.source,
        labels=data.labels,
        counts=_counts(data),
        speakers=speakers_note((data.train, data.val, data.test)),
        n_samples=len(data),
        skipped=data.skipped,
        history=fitted.history,
        float_test=float_metrics(fitted.model, to_input(features.test.features), features.test.classes),
        quantized=quantized,
        chosen=chosen,
        judged=tested,
        other_forms=forms,
        forms=side_by_side(
            forms, file_names(contents), to_input(features.test.features), features.test.classes, config.seed
        ),
        judged_held_out=held_out,
        tflite=quantized[chosen].tflite,
        n_parameters=n_trainable(fitted.model),
        params=app_params(config),
        defaults=AppDefaults(threshold=quantized[chosen].point.threshold, task_data=app_params(config).pack()),
        duration_s=run.duration_s,
    )
    if config.cascade:
        outcome = _cascaded(outcome, features, run)
    return outcome.with_opinion(lambda: _opinion(data))


def _cascaded(outcome: KwsOutcome, features: _Features, run: Run) -> KwsOutcome:
    """Return the outcome with a first network in front of the model, trained now."""
    config = outcome.config
    first = train_first(config, outcome.tflite, features.rounds, (features.val, features.test), run)
    wake = WakeDefaults(threshold=first.threshold, hold_ms=config.wake_hold_ms)
    return replace(
        outcome,
        first=first,
        tflite=joined(first.tflite, outcome.tflite),
        n_parameters=outcome.n_parameters + first.n_parameters,
        defaults=replace(outcome.defaults, wake=wake),
    )


def _opinion(data: SoundSplits) -> Counts:
    """Return the confusion of a linear classifier on all clips of speech, in cross-validation."""
    parts = (data.train, data.val, data.test)
    pcm, classes = (np.concatenate(arrays) for arrays in zip(*((p.pcm, p.classes) for p in parts), strict=True))
    spoken = np.flatnonzero(classes >= UNKNOWN_CLASS)
    paths = [path for part in parts for path in part.paths]
    return second_opinion(
        pcm[spoken],
        classes[spoken],
        len(data.labels),
        features=lambda clips: shipped_features("kws", clip_features(clips), axes=(0,)),
        groups=[speaker_of_file(paths[index].name) for index in spoken],
        units=[str(paths[index]) for index in spoken],
    )


def app_params(config: KwsTrainConfig) -> KwsParams:
    """Return the task data of a model: the features that it was trained on, and what the app does."""
    frontend = config.frontend
    return KwsParams(
        sample_rate_hz=frontend.sample_rate_hz,
        window_ms=frontend.window_ms,
        stride_ms=frontend.stride_ms,
        n_channels=frontend.n_channels,
        n_strides=N_STRIDES,
        average_ms=config.average_ms,
        suppression_ms=config.suppression_ms,
        n_silent_labels=N_SILENT,
        min_results=config.min_results,
        period_ms=config.period_ms,
        n_coefficients=frontend.n_coefficients,
    )


def _features(config: KwsTrainConfig, data: SoundSplits, run: Run) -> _Features:
    """Return training rounds; held-out clips are both unchanged and augmented as in training."""

    def rounds_of(clips: ClipSet, seed: int, n_rounds: int) -> list[Path]:
        rounds = FeatureRounds(
            clips=clips,
            noises=data.noises,
            folder=config.cache or run.folder / "features",
            seed=seed,
            config=config.augmentation,
            frontend=config.frontend,
        )
        return rounds.paths(n_rounds, lambda done, total: run.stage("augment", done, total))

    augmented = load_round(rounds_of(data.val, config.seed + 1, 1)[0])
    return _Features(
        rounds=[] if config.published else rounds_of(data.train, config.seed, min(config.n_rounds, config.n_epochs)),
        val=FeatureRound(
            features=np.concatenate((clip_features(data.val.pcm, config.frontend), augmented.features)),
            classes=np.concatenate((data.val.classes, augmented.classes)),
        ),
        test=FeatureRound(features=clip_features(data.test.pcm, config.frontend), classes=data.test.classes),
    )


def _initial(config: KwsTrainConfig, n_classes: int, features: _Features) -> Any:
    """Return the model with its initial weights."""
    network = partial(_network, config)
    probes = to_input(drawn(features.val.features, _N_CALIBRATION, config.seed))
    source = start_file(config.start_from) if config.start_from else None
    if source and (config.arch != "joint" or source.suffix == ".h5"):
        model = load_start(partial(network, config.arch), n_classes, source, probes)
    elif source:
        model, start = network("joint", n_classes), load_start(partial(network, "ds_cnn"), n_classes, source, probes)
        for layer in start.layers[:-1]:
            model.get_layer(_JOINT.get(layer.name, layer.name)).set_weights(layer.get_weights())
        model.get_layer("ds_logits").set_weights(start.layers[-1].get_weights())
    else:
        model = network(config.arch, n_classes)
    if config.starts_from_shipped:
        load_tflite_body(model, read_tflite_file(_START)[0], probes, str(_START))
    if config.published:
        load_published(model, config.published, config.published_classes, config.shares)
    return model


def _network(config: KwsTrainConfig, arch: Architecture, n_classes: int) -> Any:
    return _architecture(config, arch, n_classes)(import_keras(), l2=config.l2)


def _architecture(config: KwsTrainConfig, arch: Architecture, n_classes: int) -> Callable[..., Any]:
    """Return the function that makes a network from keras and l2."""
    n_features = config.frontend.n_features
    return partial(
        kws_network, arch=arch, n_features=n_features, width=config.width, n_classes=n_classes, dropout=config.dropout
    )


def _fit(config: KwsTrainConfig, model: Any, features: _Features, labels: Sequence[str], run: Run) -> Fitted:
    if config.published:
        return Fitted(model=model, history=[])
    n_classes = int(model.output_shape[-1])
    held_out = (to_input(features.val.features), one_hot(features.val.classes, n_classes))
    if config.starts_from_shipped:
        config = replace(config, learning_rate=config.learning_rate * _WARM_RATE)
    return fit_classifier(model, _batches(config, features, n_classes), held_out, config, run, labels=labels)


def _quantize(config: KwsTrainConfig, model: Any, features: _Features, run: Run) -> dict[str, bytes]:
    """Return the requested int8 models, by how they were quantized."""
    contents = {}
    if config.quantization in ("ptq", "both"):
        run.stage("quantize")
        contents["ptq"] = to_int8_tflite(model, _calibration(config, features))
    if config.quantization in ("qat", "both"):
        contents["qat"] = unit_range_int8(quantization_aware(_rounding(config, model, features), run), model)
    return contents


def _calibration(config: KwsTrainConfig, features: _Features) -> NDArray[np.float32]:
    """Return the inputs for calibration."""
    seen = load_round(features.rounds[0]) if features.rounds else features.val
    return to_input(drawn(seen.features, _N_CALIBRATION, config.seed))


def _rounding(config: KwsTrainConfig, model: Any, features: _Features) -> QatJob:
    """Return the job of training a fitted model further with rounding in the loop."""
    n_classes = int(model.output_shape[-1])
    return QatJob(
        network=partial(_architecture(config, config.arch, n_classes), l2=0.0),
        weights={layer.name: layer.get_weights() for layer in model.layers},
        batches=_batches(config, features, n_classes),
        probes=to_input(load_round(features.rounds[0]).features[:_N_RANGES]),
        n_epochs=config.qat_epochs,
        first_epoch=config.qat_epochs,
        learning_rate=config.qat_learning_rate,
        label_smoothing=config.label_smoothing,
        seed=config.seed,
    )


def _batches(config: KwsTrainConfig, features: _Features, n_classes: int) -> KwsBatches:
    steps = config.min_steps_per_epoch
    return KwsBatches(
        features.rounds, n_classes, config.batch_size, config.seed, min_steps=steps, frontend=config.frontend
    )


def _scores(
    content: bytes, config: KwsTrainConfig, features: _Features
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return an int8 model's scores of held-out clips and of those for testing, by the firmware's own engine."""
    image = compile_tflite(content, name=config.arch, task=Task.KWS).image
    return engine_scores(image, features.val.features), engine_scores(image, features.test.features)


def _measured(
    content: bytes,
    config: KwsTrainConfig,
    features: _Features,
    val_scores: NDArray[np.float64],
    test_scores: NDArray[np.float64],
) -> KwsQuantized:
    """Return an int8 model's figures and its threshold."""
    val, test = features.val.classes, features.test.classes
    curve = keyword_curve(val_scores, val, N_SILENT)
    return KwsQuantized(
        tflite=content,
        val=classifier_metrics(val_scores, val),
        test=classifier_metrics(test_scores, test),
        right=tuple((test_scores.argmax(axis=1) == test).tolist()),
        curve=curve,
        point=choose_threshold(curve, config.max_false_accept_rate),
    )


def _counts(data: SoundSplits) -> dict[str, dict[str, int]]:
    parts = {"training": data.train, "validation": data.val, "testing": data.test}
    return {
        part: {label: int((clips.classes == index).sum()) for index, label in enumerate(data.labels)}
        for part, clips in parts.items()
    }
