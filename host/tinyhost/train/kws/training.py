"""Train a keyword spotter: clips in, int8 .tflite and model image with figures, threshold and card out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tinyhost.compiler.api import compile_tflite
from tinyhost.compiler.app_defaults import AppDefaults
from tinyhost.compiler.image_format import Task
from tinyhost.datasets.sounds import N_SILENT, ClipSet, SoundSplits, load_sounds
from tinyhost.metrics.classifier import ClassifierMetrics, classifier_metrics
from tinyhost.metrics.keywords import KeywordCurve, KeywordPoint, choose_threshold, keyword_curve
from tinyhost.train.core.fitting import FitPlan, Fitted, fit, import_keras
from tinyhost.train.core.progress import Report, stage_progress
from tinyhost.train.core.quantize import checked_int8, layer_names, to_int8_tflite
from tinyhost.train.kws.augment import SoundAugmentation, clip_features
from tinyhost.train.kws.image import engine_scores, kws_defaults, kws_params
from tinyhost.train.kws.network import Architecture
from tinyhost.train.kws.qat import QatJob, quantization_aware
from tinyhost.train.kws.rounds import FeatureRound, FeatureRounds, load_round

__all__ = ["KwsOutcome", "KwsTrainConfig", "Quantization", "Quantized", "train_kws"]

Quantization = Literal["ptq", "qat", "both"]
_N_CALIBRATION = 512


@dataclass(frozen=True, kw_only=True)
class KwsTrainConfig:
    """How to train. The defaults suit from some dozen clips of each word to all of Speech Commands."""

    words: tuple[str, ...]
    arch: Architecture = "ds_cnn"
    width: int = 64
    """channels of ds_cnn, a multiple of 8"""
    n_epochs: int = 20
    patience: int = 40
    """epochs without a better held-out loss after which training stops"""
    batch_size: int = 128
    learning_rate: float = 3e-3
    label_smoothing: float = 0.05
    dropout: float = 0.05
    l2: float = 1e-5
    n_rounds: int = 4
    """times that every clip is changed at random; epochs go round"""
    min_per_word: int = 10
    quantization: Quantization = "both"
    """both: the one that is more accurate on the held-out clips becomes the model"""
    qat_epochs: int = 3
    qat_learning_rate: float = 3e-4
    max_false_accept_rate: float = 0.02
    """of held-out clips without a word, at the threshold that is chosen; the app averages, which leaves far fewer"""
    average_ms: int = 400
    suppression_ms: int = 1000
    min_results: int = 3
    period_ms: int = 100
    """between two inferences: about what a Cortex-M4 of 64 MHz does with half of its time"""
    augmentation: SoundAugmentation = field(default_factory=SoundAugmentation)
    cache: Path | None = None
    """where features are kept; None: in the run's folder"""
    seed: int = 1
    resume: bool = False
    """go on with the run in the folder, after its last whole epoch"""
    command: str = ""
    data_note: str = ""


@dataclass(frozen=True, kw_only=True)
class Quantized:
    """One int8 model and how right it is."""

    tflite: bytes
    val: ClassifierMetrics
    test: ClassifierMetrics
    curve: KeywordCurve
    """on the held-out clips that choose the threshold"""
    point: KeywordPoint
    """the chosen one"""
    test_curve: KeywordCurve


@dataclass(frozen=True, kw_only=True)
class KwsOutcome:
    """All that is known about a finished run."""

    config: KwsTrainConfig
    data_dir: Path
    labels: tuple[str, ...]
    counts: dict[str, dict[str, int]]
    """clips by part and label"""
    n_skipped: int
    history: list[dict[str, float]]
    float_test: ClassifierMetrics
    quantized: dict[str, Quantized]
    """by kind: ptq, qat"""
    chosen: str
    """whose model was taken"""
    n_parameters: int
    defaults: AppDefaults
    """of the model image"""
    duration_s: float

    @property
    def best(self) -> Quantized:
        """What was taken."""
        return self.quantized[self.chosen]


def train_kws(config: KwsTrainConfig, data_dir: Path, run_dir: Path, progress: Report | None = None) -> KwsOutcome:
    """Train, quantize, measure; what is kept while it runs (`fit`) is in run_dir, the rest is the caller's to write.

    data_dir: clips as `load_sounds` takes them. Raises DatasetError for bad data, MissingToolError without TensorFlow,
    ModelError if the quantized model is not what the board needs.
    """
    report = progress or (lambda _: None)
    keras = import_keras()
    started_s = time.monotonic()
    run_dir = Path(run_dir)
    run_dir.mkdir(parents=True, exist_ok=True)
    data = load_sounds(
        data_dir,
        config.words,
        min_per_word=config.min_per_word,
        seed=config.seed,
        on_file=lambda done, total: report(stage_progress("read", done, total)),
    )
    rounds, val = _rounds(config, data, run_dir, report)
    test = FeatureRound(features=clip_features(data.test.pcm), classes=data.test.classes)
    keras.utils.set_random_seed(config.seed)
    fitted = _fit(config, len(data.labels), (rounds, val), run_dir, report)
    contents = _quantize(config, fitted.model, rounds, run_dir, report)
    report(stage_progress("evaluate"))
    quantized = {kind: _measure(content, config, val, test) for kind, content in contents.items()}
    chosen = max(quantized, key=lambda kind: quantized[kind].val.accuracy)
    return KwsOutcome(
        config=config,
        data_dir=Path(data_dir),
        labels=data.labels,
        counts=_counts(data),
        n_skipped=data.n_skipped,
        history=fitted.history,
        float_test=_float_metrics(fitted.model, test),
        quantized=quantized,
        chosen=chosen,
        n_parameters=int(sum(np.prod(weight.shape) for weight in fitted.model.trainable_weights)),
        defaults=kws_defaults(
            kws_params(
                average_ms=config.average_ms,
                suppression_ms=config.suppression_ms,
                min_results=config.min_results,
                period_ms=config.period_ms,
            ),
            quantized[chosen].point.threshold,
        ),
        duration_s=time.monotonic() - started_s,
    )


def _rounds(
    config: KwsTrainConfig, data: SoundSplits, run_dir: Path, report: Report
) -> tuple[list[Path], FeatureRound]:
    """Return the files of features to learn from, and the held-out clips: as they are, and changed as in training."""

    def rounds_of(clips: ClipSet, seed: int, n_rounds: int) -> list[Path]:
        rounds = FeatureRounds(
            clips=clips,
            noises=data.noises,
            folder=config.cache or run_dir / "features",
            seed=seed,
            config=config.augmentation,
        )
        return rounds.paths(n_rounds, lambda done, total: report(stage_progress("augment", done, total)))

    changed = load_round(rounds_of(data.val, config.seed + 1, 1)[0])
    val = FeatureRound(
        features=np.concatenate((clip_features(data.val.pcm), changed.features)),
        classes=np.concatenate((data.val.classes, changed.classes)),
    )
    return rounds_of(data.train, config.seed, min(config.n_rounds, config.n_epochs)), val


def _fit(
    config: KwsTrainConfig, n_classes: int, feed: tuple[Sequence[Path], FeatureRound], run_dir: Path, report: Report
) -> Fitted:
    """Return the fitted network; feed: the rounds to learn from, and the held-out samples."""
    import keras

    from tinyhost.train.core.feed import one_hot
    from tinyhost.train.kws.feed import KwsBatches, to_input
    from tinyhost.train.kws.network import kws_network

    rounds, val = feed
    model = kws_network(
        keras,
        arch=config.arch,
        width=config.width,
        n_classes=n_classes,
        dropout=config.dropout,
        l2=config.l2,
    )
    plan = FitPlan(
        folder=run_dir,
        n_epochs=config.n_epochs,
        patience=config.patience,
        learning_rate=config.learning_rate,
        label_smoothing=config.label_smoothing,
        resume=config.resume,
    )
    batches = KwsBatches(rounds, n_classes, config.batch_size, config.seed)
    return fit(model, batches, (to_input(val.features), one_hot(val.classes, n_classes)), plan, report)


def _quantize(
    config: KwsTrainConfig, model: Any, rounds: Sequence[Path], run_dir: Path, report: Report
) -> dict[str, bytes]:
    """Return the int8 models that were asked for, by kind."""
    contents = {}
    if config.quantization in ("ptq", "both"):
        report(stage_progress("quantize"))
        features = load_round(rounds[0]).features
        chosen = np.random.default_rng(config.seed).permutation(len(features))[:_N_CALIBRATION]
        contents["ptq"] = to_int8_tflite(model, features[chosen].view(np.uint8) ^ np.uint8(0x80))
    if config.quantization in ("qat", "both"):
        job = QatJob(
            arch=config.arch,
            width=config.width,
            n_classes=int(model.output_shape[-1]),
            dropout=config.dropout,
            rounds=tuple(str(path) for path in rounds),
            batch_size=config.batch_size,
            seed=config.seed,
            n_epochs=config.qat_epochs,
            learning_rate=config.qat_learning_rate,
            label_smoothing=config.label_smoothing,
            weights=str(run_dir / "float.npz"),
            out=str(run_dir / "qat.tflite"),
        )
        contents["qat"] = checked_int8(quantization_aware(model, job, report), layer_names(model))
    return contents


def _measure(content: bytes, config: KwsTrainConfig, val: FeatureRound, test: FeatureRound) -> Quantized:
    """Return an int8 model's figures, as the firmware's own engine computes its scores."""
    image = compile_tflite(content, name=config.arch, task=Task.KWS).image
    val_scores, test_scores = engine_scores(image, val.features), engine_scores(image, test.features)
    curve = keyword_curve(val_scores, val.classes, N_SILENT)
    return Quantized(
        tflite=content,
        val=classifier_metrics(val_scores, val.classes),
        test=classifier_metrics(test_scores, test.classes),
        curve=curve,
        point=choose_threshold(curve, config.max_false_accept_rate),
        test_curve=keyword_curve(test_scores, test.classes, N_SILENT),
    )


def _float_metrics(model: Any, test: FeatureRound) -> ClassifierMetrics:
    from tinyhost.train.kws.feed import to_input

    scores = model.predict(to_input(test.features), batch_size=256, verbose=0)
    return classifier_metrics(scores.astype(np.float64), test.classes)


def _counts(data: SoundSplits) -> dict[str, dict[str, int]]:
    parts = {"training": data.train, "validation": data.val, "testing": data.test}
    return {
        part: {label: int((clips.classes == index).sum()) for index, label in enumerate(data.labels)}
        for part, clips in parts.items()
    }
