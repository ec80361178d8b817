"""The result of an anomaly detector's training: figures and JSON document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from tinyhost.compiler.anomaly_task import AnomalyTask
from tinyhost.compiler.api import compile_tflite
from tinyhost.compiler.app_defaults import AppDefaults
from tinyhost.compiler.image_format import Task
from tinyhost.metrics.intervals import Interval, poisson_rate
from tinyhost.metrics.threshold import Tail
from tinyhost.motion.score import AlarmSettings
from tinyhost.system.documents import narrowed
from tinyhost.tasks.findings import Note, issue_notes
from tinyhost.train.anomaly.autoencoder import to_real
from tinyhost.train.anomaly.baseline import CentroidChoice, LinearBaseLine
from tinyhost.train.anomaly.choice import AnomalyFigures, LabelScore
from tinyhost.train.anomaly.config import AnomalyTrainConfig
from tinyhost.train.anomaly.normal import NormalData, Trimmed
from tinyhost.train.anomaly.scores import TrainedNetwork
from tinyhost.train.core.diagnosis import no_detection_skill, too_few_to_detect
from tinyhost.train.core.outcome import Outcome, RunFiles, TrainDocument

_HARDLY = 0.6  # AUC; 0.5 is chance

__all__ = ["AnomalyDocument", "AnomalyResult", "FalseAlarms", "SizeResult", "SizeSummary"]


@dataclass(frozen=True, kw_only=True)
class FalseAlarms:
    """Alarms on the normal windows for testing."""

    n: int
    hours: float
    """of running"""
    per_day_interval: Interval | None
    """exact 95 % interval of the daily rate"""
    shows_budget: bool
    """whether the recordings are long enough to show that `--alarms-per-day` is kept: the interval does not exceed
    it"""

    @classmethod
    def of(cls, n: int, hours: float, budget_per_day: float) -> FalseAlarms:
        """Return the result of a number of alarms in a time, against a budget."""
        interval = poisson_rate(n, hours / 24.0)
        return cls(
            n=n,
            hours=hours,
            per_day_interval=interval,
            shows_budget=interval is not None and interval.high <= budget_per_day,
        )


@dataclass(frozen=True, kw_only=True)
class SizeSummary:
    """Figures of one size of the embedding."""

    n_embedding: int
    macs: int
    n_parameters: int
    reconstruction: float
    """mean error of held-out normal windows"""
    threshold: float
    auc: Mapping[str, float]
    """by label"""
    linear: LinearBaseLine
    """the linear baseline: as many principal components of the input, on the same windows"""


@dataclass(frozen=True, kw_only=True)
class AnomalyDocument(TrainDocument):
    """`tinyhost train anomaly --json FILE`."""

    schema: Literal["tinyhost.train_anomaly/1"] = "tinyhost.train_anomaly/1"
    n_embedding: int
    """the chosen size of the embedding"""
    threshold: float
    alarm: AlarmSettings
    """as in the model image"""
    tail: Tail
    """generalized Pareto distribution of the highest scores that last `raise_windows`"""
    n_windows: Mapping[str, int]
    """`train`, `threshold`, `normal` (to measure on) and each other label -> windows"""
    trimmed: tuple[Trimmed, ...]
    """recordings labelled normal from which windows were removed"""
    false_alarms: FalseAlarms
    """on the normal windows for testing"""
    labels: Mapping[str, LabelScore]
    """each anomaly, and `all` if there is more than one"""
    embeddings: tuple[SizeSummary, ...]
    """the sizes that were trained"""
    n_centroids: int
    """0 if the score does not use distances"""
    centroid_choices: tuple[CentroidChoice, ...]
    """results for other numbers of centroids; empty if the score does not use distances"""
    issues: tuple[str, ...]
    """what is wrong with the recordings"""


@dataclass(frozen=True, kw_only=True)
class SizeResult:
    """The detector with one size of the embedding."""

    network: TrainedNetwork
    task: AnomalyTask
    """with the threshold of this size"""
    defaults: AppDefaults
    """the same as the model image has it"""
    history: list[dict[str, float]]
    figures: AnomalyFigures
    linear: LinearBaseLine
    centroid_choices: tuple[CentroidChoice, ...]

    @property
    def n_centroids(self) -> int:
        """The number of its centroids; 0: its score does not use distances."""
        return 0 if self.task.centroids is None else len(self.task.centroids.values)

    def summary(self) -> SizeSummary:
        """Return its main figures."""
        return SizeSummary(
            n_embedding=self.network.n_embedding,
            macs=self.network.macs,
            n_parameters=self.network.n_parameters,
            reconstruction=float(self.figures.scores["threshold"].reconstruction.mean()),
            threshold=self.task.alarm.threshold,
            auc={label: figures.auc for label, figures in self.figures.labels.items()},
            linear=self.linear,
        )


@dataclass(frozen=True, kw_only=True)
class AnomalyResult(Outcome):
    """All results of a finished training, without their presentation."""

    task: ClassVar[Task] = Task.ANOMALY
    input_meaning: ClassVar[str] = "features of docs/reference/motion-features.md"
    remedy: ClassVar[str] = "More normal running, of all that is normal,"

    config: AnomalyTrainConfig
    data: NormalData
    issues: tuple[str, ...]
    """what is wrong with the recordings"""
    sizes: tuple[SizeResult, ...]
    """by the embedding's size, rising"""
    chosen: SizeResult

    @cached_property
    def _constant_error(self) -> float:
        """The error of a constant reconstruction: the mean square of the input."""
        return float(np.square(to_real(self.data.inputs(self.data.threshold))).mean())

    def failure(self) -> str:
        """Return why the detector is useless; "" if it is not."""
        error = min(epoch["val_loss"] for epoch in self.history)
        if self.config.score != "distance" and error >= self._constant_error:
            return (
                f"the autoencoder's error on held-out normal running is {error:.3g}, that of a constant answer "
                f"{self._constant_error:.3g}: it has learnt nothing"
            )
        return no_detection_skill(*self._detection) if self._detection else ""

    @property
    def _detection(self) -> tuple[float, float, float, str] | None:
        """The area over all anomalies, and the numbers of independent windows; None without anomalies."""
        overall, motion = self.chosen.figures.overall, self.data.motion
        if overall is None:
            return None
        alone = min(1.0, motion.hop / motion.n_fft)  # share of a window's samples that are in no other one
        return overall.auc, alone * len(self.data.test), alone * overall.n, "anomalous windows"

    def hints(self) -> tuple[str, ...]:
        """Return hints from the epochs, and on anomalies that are hardly detected."""
        hardly = (
            f"{label}: its windows can hardly be distinguished from normal operation: AUC {item.auc:.3f}"
            for label, item in self.chosen.figures.labels.items()
            if item.auc < _HARDLY
        )
        few = too_few_to_detect(*self._detection) if self._detection else ""
        return (*super().hints(), *hardly, *((few,) if few else ()))

    def notes(self) -> tuple[Note, ...]:
        """Return notes on problems of the recordings, and on windows left out."""
        trimmed = [
            f"{item.name}: {item.n_left_out} of {item.n} windows are outliers and were removed"
            for item in self.data.trimmed
        ]
        return (*super().notes(), *issue_notes(self.issues), *issue_notes(trimmed))

    def other_models(self, name: str) -> Mapping[str, bytes]:
        """Return the model image of every size, if there is more than one."""
        return {
            f"embedding{size.network.n_embedding}.thm": compile_tflite(
                size.network.tflite,
                name=f"{name} {size.network.n_embedding}",
                task=self.task,
                defaults=size.defaults,
            ).image
            for size in self.sizes
            if len(self.sizes) > 1
        }

    def model_figures(self) -> dict[str, Any]:
        """Return the model's entries of metrics.json."""
        return {"macs": self.chosen.network.macs, "n_embedding": self.chosen.network.n_embedding}

    def resolved(self) -> dict[str, Any]:
        """Return the features' configuration at the recordings' rate."""
        return {"motion": self.data.motion}

    def figures(self) -> dict[str, Any]:
        """Return this task's entries of metrics.json."""
        return {
            "baseline_score": self.chosen.task.baseline_score,
            "threshold_of_budget": self.chosen.figures.threshold_of_budget,
            **self._worth(),
        }

    def document(self, files: RunFiles) -> AnomalyDocument:
        """Return the result for programs."""
        return self._document(
            AnomalyDocument,
            files,
            n_embedding=self.chosen.network.n_embedding,
            threshold=self.chosen.task.alarm.threshold,
            **self._worth(),
        )

    @property
    def false_alarms(self) -> FalseAlarms:
        """False alarms on the normal windows for testing, against the budget."""
        figures = self.chosen.figures
        return FalseAlarms.of(figures.n_false_alarms, figures.test_hours, self.config.alarms_per_day)

    def _worth(self) -> dict[str, Any]:
        """Return the entries common to metrics.json and the document."""
        figures, data = self.chosen.figures, self.data
        parts = {"train": data.train, "threshold": data.threshold, "normal": data.test, **data.faults}
        return {
            "alarm": self.chosen.task.alarm,
            "tail": figures.tail,
            "n_windows": {name: len(windows) for name, windows in parts.items()},
            "trimmed": data.trimmed,
            "false_alarms": self.false_alarms,
            "labels": {label: narrowed(LabelScore, item) for label, item in figures.labels.items()},
            "embeddings": tuple(size.summary() for size in self.sizes),
            "n_centroids": self.chosen.n_centroids,
            "centroid_choices": self.chosen.centroid_choices,
            "issues": self.issues,
        }
