"""Train a detector of what is not normal: recordings of a healthy machine in, int8 .tflite and task data out.

Every score here is the firmware's: its features, its engine, its fixed-point arithmetic.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.anomaly_task import AnomalyTask
from tinyhost.datasets.motion import NORMAL, MotionSet, Windows, check_enough, split_normal, windows_of
from tinyhost.errors import UsageError
from tinyhost.motion.features import FEATURE_STEP, FeatureScaling, MotionConfig, quantize
from tinyhost.motion.score import AlarmSettings
from tinyhost.train.anomaly.autoencoder import INPUT_STEP, autoencoder, fit_autoencoder, to_int8_autoencoder, to_real
from tinyhost.train.anomaly.choice import AnomalyFigures, measure, size_to_take
from tinyhost.train.anomaly.scores import EngineRuns, TrainedNetwork, calibrated, nearest_centroids
from tinyhost.train.anomaly.trim import outlying
from tinyhost.train.core.fitting import import_keras
from tinyhost.train.core.progress import Report, TrainProgress, stage_progress

__all__ = [
    "CHOICES",
    "DISTANCES",
    "SCORES",
    "AnomalyOutcome",
    "AnomalyTrainConfig",
    "NormalData",
    "SizeResult",
    "Trimmed",
    "train_anomaly",
]

Score = Literal["combined", "reconstruction", "distance"]
Distance = Literal["embedding", "input"]
Choice = Literal["normal", "knee", "cost"]
SCORES: tuple[Score, ...] = get_args(Score)
DISTANCES: tuple[Distance, ...] = get_args(Distance)
CHOICES: tuple[Choice, ...] = get_args(Choice)


@dataclass(frozen=True, kw_only=True)
class AnomalyTrainConfig:
    """How to train, and what an alarm is. The defaults suit minutes to hours of one machine."""

    motion: MotionConfig = field(default_factory=MotionConfig)
    """its rate is taken from the data"""
    embeddings: tuple[int, ...] = (2, 4, 8, 16)
    """sizes of the autoencoder's middle that are tried"""
    embedding: int | None = None
    """the one to take; None: the smallest that is nearly as good as the best"""
    hidden: tuple[int, ...] = (48, 24)
    score: Score = "combined"
    distance: Distance = "input"
    """what k-means' centroids are compared with"""
    n_centroids: int = 16
    n_epochs: int = 60
    learning_rate: float = 3e-3
    l2: float = 1e-6
    trim: bool = True
    """leave out windows of the normal data that are unlike all others"""
    alarms_per_day: float = 1.0
    """false ones, that a threshold from normal data may cost"""
    choose: Choice = "normal"
    """normal: the threshold from normal data alone; knee, cost: from labelled anomalies"""
    threshold: float | None = None
    """the user's own, instead of all that"""
    miss_cost: float = 100.0
    """of a window of a fault that is missed, against alarm_cost of a normal one that is high"""
    alarm_cost: float = 1.0
    fault_share: float = 0.01
    """of the time in which the machine has a fault"""
    hysteresis: float = 0.2
    """share of the threshold that a score must fall below it for the alarm to clear"""
    raise_windows: int = 3
    clear_windows: int = 6
    seed: int = 1
    resume: bool = False
    """go on with the run in the folder: networks after their last whole epoch"""
    command: str = ""
    data_note: str = ""

    def __post_init__(self) -> None:
        """Raise UsageError for what cannot be."""
        if not self.embeddings or not all(1 <= size <= 64 for size in self.embeddings):
            raise UsageError(
                f"embedding sizes {self.embeddings}: expected 1 to 64", hint="as in: --embeddings 2,4,8,16"
            )
        if self.threshold is not None and self.threshold < 0.0:
            raise UsageError(f"threshold is {self.threshold}, expected 0 or more", hint="scores are never below zero")
        if not 0.0 < self.alarms_per_day <= 1e5:
            raise UsageError(f"{self.alarms_per_day} false alarms per day: expected more than 0, at most 100000")
        if not 1 <= self.n_centroids <= 255:
            raise UsageError(f"{self.n_centroids} centroids: expected 1 to 255")
        if min(self.miss_cost, self.alarm_cost) < 0.0 or not 0.0 < self.fault_share < 1.0:
            raise UsageError("costs must be 0 or more, and the share of faults between 0 and 1")

    @property
    def all_embeddings(self) -> tuple[int, ...]:
        """Sizes that are trained, rising."""
        return tuple(sorted({*self.embeddings, *([self.embedding] if self.embedding else [])}))


@dataclass(frozen=True, kw_only=True)
class Trimmed:
    """Windows of one recording labelled normal that were left out."""

    name: str
    n_left_out: int
    n: int


@dataclass(frozen=True, kw_only=True)
class NormalData:
    """Windows by what they are for, and how they become a network's input."""

    motion: MotionConfig
    counts_per_g: float
    train: Windows
    threshold: Windows
    test: Windows
    """not trimmed: what comes, comes"""
    trimmed: tuple[Trimmed, ...]
    scaling: FeatureScaling
    faults: dict[str, Windows]

    def inputs(self, windows: Windows) -> NDArray[np.int8]:
        """Return what the board feeds the network."""
        return quantize(windows.features, self.scaling)


@dataclass(frozen=True, kw_only=True)
class SizeResult:
    """What came of one size of the embedding."""

    network: TrainedNetwork
    task: AnomalyTask
    """with the threshold of this size"""
    history: list[dict[str, float]]
    figures: AnomalyFigures


@dataclass(frozen=True, kw_only=True)
class AnomalyOutcome:
    """All that is known about a finished run."""

    config: AnomalyTrainConfig
    data_name: str
    data: NormalData
    notes: tuple[str, ...]
    """about the recordings"""
    sizes: tuple[SizeResult, ...]
    """by the embedding's size, rising"""
    chosen: SizeResult
    duration_s: float


def train_anomaly(
    config: AnomalyTrainConfig, motions: MotionSet, run_dir: Path, progress: Report | None = None, *, data_name: str
) -> AnomalyOutcome:
    """Train a network of every size, score it as the board does, choose; run_dir keeps what a resumed run needs.

    Raises DatasetError for too little normal data, MissingToolError without TensorFlow, ModelError if a quantized
    network is not what the board needs.
    """
    report = progress or (lambda _: None)
    started_s = time.monotonic()
    report(stage_progress("features"))
    data = prepare(config, motions)
    keras = import_keras()
    sizes = []
    for index, n_embedding in enumerate(config.all_embeddings):
        keras.utils.set_random_seed(config.seed)
        at = f"embedding {n_embedding} ({index + 1} of {len(config.all_embeddings)})"
        sizes.append(_one_size(config, data, n_embedding, run_dir, _named(report, at)))
    return AnomalyOutcome(
        config=config,
        data_name=data_name,
        data=data,
        notes=motions.notes,
        sizes=tuple(sizes),
        chosen=sizes[size_to_take([size.figures for size in sizes], config.all_embeddings, config.embedding)],
        duration_s=time.monotonic() - started_s,
    )


def _named(report: Report, name: str) -> Report:
    """Return a report that says which network it is about."""

    def show(at: TrainProgress) -> None:
        report(replace(at, stage=name if at.n_epochs else f"{name}: {at.stage}"))

    return show


def prepare(config: AnomalyTrainConfig, motions: MotionSet) -> NormalData:
    """Return the windows of all parts, and the scaling that standardizes those to learn from."""
    motion = replace(config.motion, rate_hz=motions.rate_hz)
    parts = split_normal(motions.labelled(NORMAL), motion.n_fft, config.seed)
    windows = {part: windows_of(runs, motion) for part, runs in parts.items()}
    for part in parts:
        check_enough(windows[part], part, motion)
    trimmed: list[Trimmed] = []
    if config.trim:
        n_train = len(windows["train"])
        kept = ~outlying(
            np.concatenate([windows["train"].features, windows["threshold"].features]),
            np.concatenate([windows["train"].piece_of, windows["threshold"].piece_of + len(windows["train"].names)]),
        )
        windows["train"], out = _left(windows["train"], kept[:n_train])
        windows["threshold"], more = _left(windows["threshold"], kept[n_train:])
        trimmed = [*out, *more]
    real = windows["train"].features * FEATURE_STEP
    return NormalData(
        motion=motion,
        counts_per_g=motions.counts_per_g,
        train=windows["train"],
        threshold=windows["threshold"],
        test=windows["test"],
        trimmed=tuple(trimmed),
        scaling=FeatureScaling.standardizing(real.mean(axis=0), real.std(axis=0), INPUT_STEP),
        faults={label: windows_of(motions.labelled(label), motion) for label in motions.labels},
    )


def _left(windows: Windows, kept: NDArray[np.bool_]) -> tuple[Windows, list[Trimmed]]:
    """Return the windows that are kept, and what was left out of which recording."""
    out = []
    for piece in np.unique(windows.piece_of[~kept]):
        own = windows.piece_of == piece
        out.append(Trimmed(name=windows.names[piece], n_left_out=int((own & ~kept).sum()), n=int(own.sum())))
    left = Windows(features=windows.features[kept], piece_of=windows.piece_of[kept], names=windows.names)
    return left, out


def _one_size(
    config: AnomalyTrainConfig, data: NormalData, n_embedding: int, run_dir: Path, report: Report
) -> SizeResult:
    """Return one network, quantized, with centroids, gains and threshold, and its figures."""
    train, held_out = data.inputs(data.train), data.inputs(data.threshold)
    folder = run_dir / f"embedding{n_embedding}"
    fitted = fit_autoencoder(
        _untrained(config, data.motion.n_features, n_embedding),
        to_real(train),
        to_real(held_out),
        folder=folder,
        n_epochs=config.n_epochs,
        learning_rate=config.learning_rate,
        seed=config.seed,
        resume=config.resume and (folder / "last.keras").is_file(),
        report=report,
    )
    report(stage_progress("quantize"))
    network = TrainedNetwork.open(to_int8_autoencoder(fitted.model, to_real(train), config.seed), n_embedding)
    report(stage_progress("score"))
    learnt = network.run(train)
    task = _task(config, data, network, learnt)
    runs = {"threshold": network.run(held_out), NORMAL: network.run(data.inputs(data.test))}
    runs |= {label: network.run(data.inputs(windows)) for label, windows in data.faults.items()}
    task, figures = measure(config, task, network, data, runs)
    return SizeResult(network=network, task=task, history=fitted.history, figures=figures)


def _untrained(config: AnomalyTrainConfig, n_features: int, n_embedding: int) -> Any:
    return autoencoder(
        import_keras(), n_features=n_features, hidden=config.hidden, n_embedding=n_embedding, l2=config.l2
    )


def _task(config: AnomalyTrainConfig, data: NormalData, network: TrainedNetwork, learnt: EngineRuns) -> AnomalyTask:
    """Return the task data but for the alarm: centroids of what was learnt, and gains."""
    has_distance, of_embedding = config.score != "reconstruction", config.distance == "embedding"
    tensor, values = (network.embedding, learnt.embeddings) if of_embedding else (network.input, learnt.inputs)
    task = AnomalyTask(
        motion=data.motion,
        scaling=data.scaling,
        counts_per_g=data.counts_per_g,
        alarm=AlarmSettings(threshold=0.0),
        reconstruction_gain=0.0 if config.score == "distance" else 1.0,
        distance_gain=1.0 if has_distance else 0.0,
        centroids=nearest_centroids(values, tensor, config.n_centroids, config.seed) if has_distance else None,
        embedding_operator=network.embedding_operator if has_distance and of_embedding else None,
    )
    return calibrated(task, network, learnt)
