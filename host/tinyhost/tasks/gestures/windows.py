"""A gesture model's accuracy on the device, on labelled windows of motion."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.speakers import Part
from tinyhost.compiler import ModelImage
from tinyhost.compiler.image_format import GESTURE_PARAMS, GestureParams
from tinyhost.datasets.movements import (
    MovementSet,
    MovementWindow,
    load_movements,
    movement_of,
    windows_of_movements,
)
from tinyhost.datasets.skipped import Skipped, none_usable
from tinyhost.errors import DatasetError
from tinyhost.models.reference import HostReference
from tinyhost.models.summary import ModelSummary
from tinyhost.motion.csv import read_motion_csv
from tinyhost.motion.steps import STEP_CHANNELS, step_window
from tinyhost.motion.units import MotionUnits
from tinyhost.tasks import findings
from tinyhost.tasks.class_documents import AccuracyDocument, Kind
from tinyhost.tasks.classes import Accuracy, check_labels, measure_accuracy, real_values
from tinyhost.tasks.contract import Evaluation, LabelledInput, Subject
from tinyhost.tasks.findings import HostAnswers, agreement_note
from tinyhost.tasks.params import task_params

__all__ = [
    "OTHER",
    "WindowAccuracy",
    "WindowEvaluation",
    "gesture_params",
    "load_windows",
    "recording_judge",
    "window_inputs",
]

OTHER = "other"
"""the label of movements that are no gesture of the model"""


def gesture_params(image: bytes, model: ModelSummary) -> GestureParams:
    """Return the parameters with which the firmware runs a gesture model. Raises ModelError."""
    n_steps = int(np.prod(model.input.shape)) // STEP_CHANNELS
    return task_params(image, replace(GESTURE_PARAMS["usual"], n_steps=n_steps))


@dataclass(frozen=True, kw_only=True)
class WindowAccuracy(Accuracy):
    """The results of labelled windows of motion, classified on the device."""

    kind: ClassVar[Kind] = "windows"

    host: HostAnswers
    """agreement with the same windows on this computer"""

    def document(self) -> AccuracyDocument:
        """Return the JSON document."""
        return replace(super().document(), host=self.host)

    def more_parts(self) -> tuple[findings.Part, ...]:
        """Return the note on agreement with this computer."""
        return (agreement_note(self.host, "windows"),)


@dataclass(frozen=True, kw_only=True)
class WindowEvaluation(Evaluation):
    """Windows with labels that the model has, for a device to classify."""

    stage: ClassVar[str] = "accuracy"

    root: Path
    windows: tuple[MovementWindow, ...]
    skipped: tuple[Skipped, ...] = ()

    def __iter__(self) -> Iterator[MovementWindow]:
        return iter(self.windows)

    def __len__(self) -> int:
        return len(self.windows)

    @property
    def n_steps(self) -> int:
        """Number of windows."""
        return len(self.windows)

    def run(self, subject: Subject, on_step: Callable[[int], None]) -> WindowAccuracy:
        """Return the device's predictions for all windows, and whether this computer's agree."""
        accuracy = measure_accuracy(
            subject.pool,
            subject.model,
            subject.labels,
            self,
            prepare=self.change,
            n_silent=gesture_params(subject.image, subject.model).n_silent_labels,
            setting=ModelImage.parse(subject.image).metadata.threshold,
            on_sample=on_step,
        )
        judge = host_scorer(subject.image, subject.model)
        mismatches = sum(
            tuple(judge(self.change(window.samples)).tolist()) != answer.scores
            for window, answer in zip(self.windows, accuracy.samples, strict=True)
        )
        known = {field.name: getattr(accuracy, field.name) for field in fields(accuracy)}
        return WindowAccuracy(**known, host=HostAnswers(compared=len(self), mismatches=mismatches))


def host_scorer(image: bytes, model: ModelSummary) -> Callable[[NDArray[np.int16]], NDArray[np.float64]]:
    """Return a function from a window, (n, 6) counts, to the model's real outputs, by the firmware's code here."""
    engine, n_steps = HostReference(image), gesture_params(image, model).n_steps
    return lambda samples: real_values(engine.run(step_window(samples, n_steps).tobytes()), model.output)


def recording_judge(image: bytes, model: ModelSummary) -> Callable[[Path], NDArray[np.float64]]:
    """Return a function from a recording's file to the mean scores of its consecutive windows.

    It raises DatasetError for a file without a gyroscope, or shorter than a window.
    """
    judge, params = host_scorer(image, model), gesture_params(image, model)

    def scores(path: Path) -> NDArray[np.float64]:
        recording = read_motion_csv(path)
        if recording.rotation is None:
            raise DatasetError(f"{path}: no gyroscope in it")
        name = f"{path.parent.name}/{path.name}"
        movements = MovementSet(root=path.parent.parent, runs=(movement_of(name, recording, "training"),))
        windows, too_short = windows_of_movements(movements, params.n_steps, params.step_mhz / 1000.0)
        if too_short:
            raise DatasetError(too_short[0].reason)
        means: NDArray[np.float64] = np.mean([judge(window.samples) for window in windows], axis=0)
        return means

    return scores


def window_inputs(
    image: bytes, model: ModelSummary, labels: tuple[str, ...], folder: Path, part: Part | None
) -> tuple[tuple[LabelledInput, ...], tuple[Skipped, ...]]:
    """Return the labelled windows of a folder as a model's input tensors, and the files that could not be used."""
    params = gesture_params(image, model)
    found = load_windows(folder, params, labels, part)
    made = (
        LabelledInput(path=window.path, label=window.label, data=step_window(window.samples, params.n_steps).tobytes())
        for window in found
    )
    return tuple(made), found.skipped


def load_windows(
    root: Path, params: GestureParams, labels: tuple[str, ...], part: Part | None, units: MotionUnits | None = None
) -> WindowEvaluation:
    """Return the consecutive windows of label/*.csv; labels that the model lacks become `other` if it has that.

    part: of training's split. Raises DatasetError for labels that the model lacks, or without a window.
    """
    movements = load_movements(root, units or MotionUnits())
    check_labels(root, () if OTHER in labels else movements.labels, labels, example="still,other,wave,circle")
    if part is not None:
        movements = movements.of(part)
        if not movements.runs:
            raise DatasetError(f"{root}: no recording for {part}", hint="leave --part out")
    found, too_short = windows_of_movements(movements, params.n_steps, params.step_mhz / 1000.0)
    skipped = (*movements.skipped, *too_short)
    if not found:
        raise none_usable(root, list(skipped), hint="record longer ones: tinyhost capture --sensor imu")
    windows = tuple(window if window.label in labels else replace(window, label=OTHER) for window in found)
    return WindowEvaluation(root=root, windows=windows, skipped=skipped)
