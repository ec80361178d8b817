"""Anomaly detection: windows of an accelerometer's samples, one score each, and an alarm."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from tinyhost.compiler import ModelImage
from tinyhost.compiler.anomaly_task import AnomalyTask
from tinyhost.datasets.capture import MOTION_RECORDING
from tinyhost.protocol.messages import Setting
from tinyhost.sensors.sensor import ACCELEROMETER
from tinyhost.tasks.anomaly.findings import MotionAccuracy, MotionStream
from tinyhost.tasks.anomaly.recordings import FolderEvaluation, RecordingEvaluation, load_folder, load_recording
from tinyhost.tasks.anomaly.sweeps import MOTION_SWEEPS
from tinyhost.tasks.capture import CaptureForm
from tinyhost.tasks.contract import Subject, Task
from tinyhost.tasks.live import LiveForm

if TYPE_CHECKING:
    from tinyhost.audio.speakers import Part

from tinyhost.system.documents import Document

__all__ = ["ANOMALY"]


class Anomaly(Task):
    """The host's side of firmware/apps/anomaly."""

    name = "anomaly"
    app = "anomaly"
    sensor = ACCELEROMETER
    settings = frozenset(
        {
            Setting.PERIOD_MS,
            Setting.THRESHOLD,
            Setting.HYSTERESIS,
            Setting.RAISE_WINDOWS,
            Setting.CLEAR_WINDOWS,
            Setting.UNSURE_MARGIN,
        }
    )
    live = LiveForm(sees="motion", result="alarm")
    capture = CaptureForm(takes="minutes", recording=MOTION_RECORDING)
    approach = "unsupervised"
    sweeps = MOTION_SWEEPS
    documents: ClassVar[dict[str, type[Document]]] = {"motion": MotionAccuracy, "motion_stream": MotionStream}

    def window_samples(self, image: bytes, rate_hz: float) -> int:
        """Return the number of samples in a Fourier transform; 0 if the model lacks its features' parameters."""
        data = ModelImage.parse(image).task_data
        return AnomalyTask.unpack(data).motion.n_fft if data else 0

    def open_samples(self, subject: Subject, folder: Path, part: Part | None) -> FolderEvaluation:
        """Return the labelled recordings of a folder. part: by the set's own lists; training may split differently."""
        return load_folder(folder, subject.image, part, subject.units)

    def open_recording(self, subject: Subject, recording: Path, annotations: Path | None) -> RecordingEvaluation:
        """Return a long recording of motion and the faults in it."""
        return load_recording(recording, annotations, subject.image, subject.units)


ANOMALY = Anomaly()
