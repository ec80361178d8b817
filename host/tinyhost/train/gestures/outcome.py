"""The outcome of a gesture recognizer's training, for its card, report, figures and programs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from tinyhost.compiler.image_format import Task
from tinyhost.metrics.intervals import Interval, share_interval
from tinyhost.tasks.findings import Confusion, Figure, Note, Section, percent, within
from tinyhost.train.core.classifier import ClassifierDocument, ClassifierOutcome, accuracy_figure
from tinyhost.train.core.evidence import Evidence
from tinyhost.train.core.history import classifier_history
from tinyhost.train.core.outcome import RunFiles
from tinyhost.train.gestures.config import GestureTrainConfig

__all__ = ["GestureDocument", "GestureOutcome", "ThresholdPoint", "least_threshold", "threshold_point"]

_MOST_FALSE = 0.01


@dataclass(frozen=True, kw_only=True)
class ThresholdPoint:
    """The effect of a threshold on single windows; the board averages some, and errs less often."""

    threshold: float
    told_rate: float | None
    """share of the gestures' windows that are told as what they are; null without any"""
    told_interval: Interval | None
    """95 % (Wilson)"""
    false_rate: float | None
    """share of the windows of no gesture in which one is told; null without any"""
    false_interval: Interval | None
    """95 % (Wilson)"""
    n_gestures: int
    n_others: int


def threshold_point(
    scores: NDArray[np.float64], classes: NDArray[np.int64], n_silent: int, threshold: float
) -> ThresholdPoint:
    """Return the effect of a threshold. scores: (n, n_classes); classes: (n,), the silent ones first."""
    top = scores.argmax(axis=1)
    told = (top >= n_silent) & (scores.max(axis=1) >= threshold)
    is_gesture = classes >= n_silent
    right = told & (top == classes)
    n_gestures, n_others = int(is_gesture.sum()), int((~is_gesture).sum())
    told_rate = float(right[is_gesture].mean()) if n_gestures else None
    false_rate = float(told[~is_gesture].mean()) if n_others else None
    return ThresholdPoint(
        threshold=threshold,
        told_rate=told_rate,
        told_interval=share_interval(told_rate, n_gestures),
        false_rate=false_rate,
        false_interval=share_interval(false_rate, n_others),
        n_gestures=n_gestures,
        n_others=n_others,
    )


def least_threshold(scores: NDArray[np.float64], classes: NDArray[np.int64], n_silent: int) -> float:
    """Return the least threshold from 0.5 on, in steps of 0.02, that tells at most 1 % of windows of no gesture."""
    for threshold in np.arange(0.5, 0.96, 0.02):
        point = threshold_point(scores, classes, n_silent, round(float(threshold), 2))
        if point.false_rate is None or point.false_rate <= _MOST_FALSE:
            return point.threshold
    return 0.96


@dataclass(frozen=True, kw_only=True)
class GestureDocument(ClassifierDocument):
    """`tinyhost train gestures --json FILE`."""

    schema: Literal["tinyhost.train_gestures/1"] = "tinyhost.train_gestures/1"
    n_silent: int
    """how many of the labels, the first ones, are no gestures"""
    telling: ThresholdPoint
    """at the model's threshold, on the windows for testing"""


@dataclass(frozen=True, kw_only=True)
class GestureOutcome(ClassifierOutcome):
    """All results of a finished training."""

    task: ClassVar[Task] = Task.GESTURES
    input_meaning: ClassVar[str] = "steps of acceleration (1 is 4 g) and rotation (1 is 500 degrees per second)"
    remedy: ClassVar[str] = "More recordings, of more people,"
    what_is_judged: ClassVar[str] = "recordings for testing"
    what_is_tested: ClassVar[str] = "windows for testing"

    config: GestureTrainConfig
    n_silent: int
    n_windows: dict[str, int]
    """by part: train, val, test"""
    seconds: float
    """of all recordings"""
    telling: ThresholdPoint
    data_notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Name of the model card and the report."""
        return f"Gestures: {', '.join(self.labels[self.n_silent :])}"

    @cached_property
    def _evidence(self) -> Evidence:
        """Return the evidence of recordings: windows of one are not independent."""
        return Evidence.of(self.judged, self.judged_held_out, self.labels, self.crossed)

    def hints(self) -> tuple[str, ...]:
        """Return the hints for a classifier, and one if the model cannot answer "none of these"."""
        if "other" in self.labels[: self.n_silent]:
            return super().hints()
        missing = "there is no class `other`: any movement will be taken for a gesture; record other movements, too"
        return (*super().hints(), missing)

    def sections(self) -> tuple[Section, ...]:
        """Return the sections of the model card and the report."""
        return (
            Section(
                title="Accuracy",
                note=f"On {self.int8_test.n:,} windows of recordings kept aside, which come from the same source. It "
                "says nothing about other people: measure it with `tinyhost bench --data` on captures of theirs.",
                figures=(
                    accuracy_figure("int8, as on the board", self.int8_test),
                    accuracy_figure("float", self.float_test),
                    *self._telling(),
                ),
                parts=(
                    Confusion(labels=self.labels, counts=self.int8_test.confusion),
                    *self.judged_parts(),
                ),
            ),
            self._learned_from(),
            Section(
                title="Network",
                note=f"A convolution over all channels of five steps, three depthwise separable ones along time, "
                f"{self.n_parameters:,} parameters, {len(self.tflite):,} bytes, int8. Input: {self.config.n_steps} "
                f"steps, {self.config.step_hz:g} per second, of acceleration x, y, z (1/128 is 1/32 g) and rotation "
                f"x, y, z (1/128 is 3.9 degrees per second). Output: softmax, one int8 per label, in this order: "
                f"{', '.join(self.labels)}.",
            ),
        )

    def _telling(self) -> tuple[Figure, ...]:
        point = self.telling
        return (
            Figure(
                name="Gestures told",
                value=percent(point.told_rate),
                more=f"of {point.n_gestures:,} windows, at {point.threshold:.2f}; {within(point.told_interval)}",
            ),
            Figure(
                name="Told without one",
                value=percent(point.false_rate),
                more=f"of {point.n_others:,} windows without a gesture; {within(point.false_interval)}",
            ),
        )

    def _learned_from(self) -> Section:
        config = self.config
        own = f"Recordings: {self.source}"
        if config.hands:
            own = (
                f"Gestures of {config.people:,} made-up people, half of them with the sensors of each revision of the "
                "board, whole people kept aside. It has met no real hand: record yours and train on them"
            )
        return Section(
            title="Learned from",
            note=config.data_note or f"{own}.",
            parts=(
                *self.notes(),
                *(Note(text=text, level="warning") for text in self.data_notes[:10]),
                Note(
                    text=f"{self.n_samples:,} recordings, {self.seconds / 60:.1f} min: {self.n_windows['train']:,} "
                    f"windows to learn from, {self.n_windows['val']:,} to choose the best epoch and the threshold, "
                    f"{self.n_windows['test']:,} kept aside to measure on"
                ),
                classifier_history(self.history),
            ),
        )

    def resolved(self) -> dict[str, Any]:
        """Return the labels, which may be those of the data's folders."""
        return {"labels": self.labels}

    def figures(self) -> dict[str, Any]:
        """Return this task's entries of metrics.json."""
        return {
            **super().figures(),
            "n_silent": self.n_silent,
            "test": {"float": self.float_test, "int8": self.int8_test},
            "telling": self.telling,
            "n_windows": self.n_windows,
        }

    def document(self, files: RunFiles) -> GestureDocument:
        """Return the result for programs."""
        return self._classifier_document(GestureDocument, files, n_silent=self.n_silent, telling=self.telling)
