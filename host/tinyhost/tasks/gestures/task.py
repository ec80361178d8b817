"""Gestures: two seconds of accelerometer and gyroscope as steps, one class each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from tinyhost.datasets.capture import MOTION_RECORDING
from tinyhost.motion.steps import MAX_STEPS, STEP_CHANNELS, STEP_SCALE, window_moments
from tinyhost.sensors.sensor import ACCELEROMETER
from tinyhost.tasks.capture import CaptureForm
from tinyhost.tasks.class_documents import AccuracyDocument
from tinyhost.tasks.contract import EVENT_SETTINGS, LabelledInput, Subject, Task
from tinyhost.tasks.gestures.recording import MovementEvaluation, load_movement
from tinyhost.tasks.gestures.sweeps import GESTURE_SWEEPS
from tinyhost.tasks.gestures.windows import (
    WindowEvaluation,
    gesture_params,
    load_windows,
    recording_judge,
    window_inputs,
)
from tinyhost.tasks.live import LiveForm
from tinyhost.tasks.streaming import StreamingDocument

if TYPE_CHECKING:
    from tinyhost.audio.speakers import Part
    from tinyhost.datasets.skipped import Skipped
    from tinyhost.models.file import ModelFile
    from tinyhost.models.summary import ModelSummary
    from tinyhost.system.documents import Document

__all__ = ["GESTURES"]

_TOLERANCE = 1 / 64
"""relative, of the input's scale: kTolerance of firmware/lib/gestures/src/params.cpp"""


class Gestures(Task):
    """The host's side of firmware/apps/gestures."""

    name = "gestures"
    app = "gestures"
    sensor = ACCELEROMETER
    settings = EVENT_SETTINGS
    live = LiveForm(sees="movement", result="events")
    capture = CaptureForm(takes="minutes", recording=MOTION_RECORDING)
    sweeps = GESTURE_SWEEPS
    documents: ClassVar[dict[str, type[Document]]] = {"accuracy": AccuracyDocument, "streaming": StreamingDocument}

    def misfit(self, model: ModelSummary) -> str:
        """Return the description of a model's input if it is not steps of six values; "" if it is."""
        shape, given = model.input.shape, model.input
        n_steps, rest = divmod(int(np.prod(shape)), STEP_CHANNELS)
        is_step = given.dtype == "int8" and given.zero_point == 0 and abs(given.scale / STEP_SCALE - 1) <= _TOLERANCE
        if not rest and 1 <= n_steps <= MAX_STEPS and is_step:
            return ""
        return (
            f"a model with an input {'x'.join(map(str, shape))} {given.dtype}, scale {given.scale:.3g}; the app makes "
            f"int8 steps of {STEP_CHANNELS} values, {MAX_STEPS} at most, of scale 1/128 and zero point 0"
        )

    def judge(self, image: bytes, model: ModelSummary) -> Callable[[Path], NDArray[np.float64]]:
        """Return a function from a recording's file to the mean scores of its windows."""
        return recording_judge(image, model)

    def window_samples(self, image: bytes, rate_hz: float) -> int:
        """Return the number of samples in all steps."""
        from tinyhost.models.summary import summarize

        params = gesture_params(image, summarize(image))
        return window_moments(params.n_steps, rate_hz, params.step_mhz / 1000.0) if rate_hz else 0

    def inputs(
        self, model: ModelFile, labels: tuple[str, ...], folder: Path, part: Part | None
    ) -> tuple[tuple[LabelledInput, ...], tuple[Skipped, ...]]:
        """Return the labelled windows of a folder as input tensors."""
        from tinyhost.models.summary import summarize

        return window_inputs(model.image, summarize(model.image), labels, folder, part)

    def open_samples(self, subject: Subject, folder: Path, part: Part | None) -> WindowEvaluation:
        """Return the labelled windows of a folder."""
        params = gesture_params(subject.image, subject.model)
        return load_windows(folder, params, subject.labels, part, subject.units)

    def open_recording(self, subject: Subject, recording: Path, annotations: Path | None) -> MovementEvaluation:
        """Return a long recording of motion and the gestures in it."""
        return load_movement(recording, annotations, subject)


GESTURES = Gestures()
