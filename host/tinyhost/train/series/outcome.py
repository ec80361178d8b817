"""The outcome of training a detector of unusual time series, for its card, report, figures and programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.image_format import Task
from tinyhost.metrics.charts import Chart, Panel, Series
from tinyhost.metrics.intervals import Interval, wilson
from tinyhost.metrics.threshold import Operating, Roc, operating_point
from tinyhost.tasks.findings import Figure, Grid, Note, Section, percent, within
from tinyhost.train.core.diagnosis import no_detection_skill, too_few_to_detect
from tinyhost.train.core.outcome import Outcome, RunFiles, TrainDocument
from tinyhost.train.series.config import SeriesTrainConfig

__all__ = ["ClassFigures", "SeriesDocument", "SeriesOutcome", "SeriesScores"]


@dataclass(frozen=True, kw_only=True)
class ClassFigures:
    """The series of one class in the test part."""

    n: int
    median_score: float
    high_share: float
    """that score at least the threshold"""
    high_interval: Interval | None
    """95 % (Wilson)"""


@dataclass(frozen=True, kw_only=True)
class SeriesScores:
    """Scores of the test part, as the board computes them."""

    normal: NDArray[np.float64]
    by_class: Mapping[str, NDArray[np.float64]]
    """all classes, the normal one too"""
    roc: Roc
    """of the normal class against all others"""
    threshold: float

    @property
    def other(self) -> NDArray[np.float64]:
        """Scores of all series that are not normal."""
        return np.concatenate([scores for scores in self.by_class.values() if scores is not self.normal])

    @property
    def at_threshold(self) -> Operating:
        """The effect of the threshold on the test part."""
        return operating_point(self.normal, self.other, self.threshold)

    def figures(self) -> dict[str, ClassFigures]:
        """Return the main figures of each class."""
        found = {}
        for label, scores in self.by_class.items():
            n_high = int((scores >= self.threshold).sum())
            found[label] = ClassFigures(
                n=len(scores),
                median_score=float(np.median(scores)),
                high_share=n_high / len(scores),
                high_interval=wilson(n_high, len(scores)),
            )
        return found


@dataclass(frozen=True, kw_only=True)
class SeriesDocument(TrainDocument):
    """`tinyhost train series --json FILE`."""

    schema: Literal["tinyhost.train_series/1"] = "tinyhost.train_series/1"
    threshold: float
    """mean squared error, in squared units of the series, from which one is unusual"""
    auc: float
    """AUC of the normal class against all others, on the test set"""
    at_threshold: Operating
    classes: Mapping[str, ClassFigures]
    """on the test part"""
    n_learnt: int
    """normal series used for training"""
    n_held_out: int
    """normal series used to choose the threshold"""


@dataclass(frozen=True, kw_only=True)
class SeriesOutcome(Outcome):
    """All results of a finished training."""

    task: ClassVar[Task] = Task.GENERIC
    input_meaning: ClassVar[str] = "values of a series, in standard deviations"
    remedy: ClassVar[str] = "More normal series, of all that is normal,"

    config: SeriesTrainConfig
    name: str
    """of the data set"""
    length: int
    n_learnt: int
    n_held_out: int
    constant_error: float
    """of a constant answer to held-out series"""
    scores: SeriesScores

    @property
    def title(self) -> str:
        """Name of the model card and the report."""
        return f"Unusual series: {self.name}"

    def failure(self) -> str:
        """Return why the detector is useless, "" if it is not."""
        error = min(epoch["val_loss"] for epoch in self.history)
        if error >= self.constant_error:
            return (
                f"the autoencoder's error on held-out normal series is {error:.3g}, that of a constant answer "
                f"{self.constant_error:.3g}: it has learnt nothing"
            )
        return no_detection_skill(*self._detection)

    def hints(self) -> tuple[str, ...]:
        """Return hints from the epochs, and whether the test set is too small to judge the detector."""
        few = too_few_to_detect(*self._detection)
        return (*super().hints(), *((few,) if few else ()))

    @property
    def _detection(self) -> tuple[float, float, float, str]:
        scores = self.scores
        return scores.roc.auc, len(scores.normal), len(scores.other), "other series"

    def sections(self) -> tuple[Section, ...]:
        """Return the sections of the model card and the report."""
        return (self._detector(), self._learned_from())

    def _detector(self) -> Section:
        scores, point = self.scores, self.scores.at_threshold
        return Section(
            title="Detector",
            note="An int8 autoencoder that was trained on normal series only; series that it reconstructs badly are "
            "unusual. All figures are for the test set, with the firmware's engine and its fixed-point error.",
            figures=(
                Figure(name="AUC", value=f"{scores.roc.auc:.4f}", more="normal against all others"),
                Figure(name="Recall", value=percent(point.recall), more="of other series, at the threshold"),
                Figure(
                    name="False alarms",
                    value=percent(point.false_rate),
                    more=f"of normal series; {percent(self.config.false_rate)} were asked for",
                ),
                Figure(
                    name="Threshold",
                    value=f"{scores.threshold:.4f}",
                    more=f"from {self.n_held_out:,} held-out normal series",
                ),
            ),
            parts=(self._classes(), self._roc()),
        )

    def _classes(self) -> Grid:
        rows = tuple(
            (
                f"{label}{' (normal)' if label == self.config.normal else ''}",
                f"{item.n:,}",
                f"{item.median_score:.4f}",
                percent(item.high_share),
                within(item.high_interval),
            )
            for label, item in self.scores.figures().items()
        )
        return Grid(headings=("class", "series", "median score", "unusual", "95 % interval"), rows=rows)

    def _roc(self) -> Chart:
        points, chosen = self.scores.roc.points, self.scores.at_threshold
        panel = Panel(
            series=(Series(name="", x=[point[1] for point in points], y=[point[2] for point in points]),),
            x_label="false alarms",
            y_label="recall",
            mark=(chosen.false_rate, chosen.recall, "threshold"),
        )
        return Chart(description="ROC: recall over the share of false alarms", panels=(panel,))

    def _learned_from(self) -> Section:
        is_dense = self.config.arch == "dense"
        kind = "Fully connected" if is_dense else "LSTM"
        widths = "-".join(map(str, (self.length, *(self.config.hidden if is_dense else ()), self.config.embedding)))
        history = Panel(
            series=tuple(
                Series(name=name, x=range(1, len(self.history) + 1), y=[epoch[key] for epoch in self.history])
                for name, key in (("learnt from", "loss"), ("held out", "val_loss"))
            ),
            x_label="epoch",
            y_label="mean squared error",
            y_scale="log",
        )
        return Section(
            title="Learned from",
            note=self.config.data_note or f"Series: {self.source}.",
            parts=(
                *self.notes(),
                Note(
                    text=f"{self.n_learnt:,} series of class {self.config.normal} to learn from, {self.n_held_out:,} "
                    f"to set the threshold. {kind} autoencoder {widths} and back, {self.n_parameters:,} "
                    f"parameters, {len(self.tflite):,} bytes"
                ),
                Chart(description="Error over the epochs", panels=(history,), height_in=2.6),
            ),
        )

    def figures(self) -> dict[str, Any]:
        """Return this task's entries of metrics.json."""
        return {
            "threshold": self.scores.threshold,
            "auc": self.scores.roc.auc,
            "at_threshold": self.scores.at_threshold,
            "classes": {label: asdict(item) for label, item in self.scores.figures().items()},
            "n_learnt": self.n_learnt,
            "n_held_out": self.n_held_out,
        }

    def document(self, files: RunFiles) -> SeriesDocument:
        """Return the result for programs."""
        return self._document(
            SeriesDocument,
            files,
            threshold=self.scores.threshold,
            auc=self.scores.roc.auc,
            at_threshold=self.scores.at_threshold,
            classes=self.scores.figures(),
            n_learnt=self.n_learnt,
            n_held_out=self.n_held_out,
        )
