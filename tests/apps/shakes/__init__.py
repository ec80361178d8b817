"""Shakes: a new task, complete in this folder, which classifies windows of an accelerometer's samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray
from tinyhost.datasets.capture import MOTION_RECORDING
from tinyhost.errors import DatasetError
from tinyhost.motion.csv import read_motion_csv
from tinyhost.protocol.messages import InferSource, Setting
from tinyhost.sensors.sensor import ACCELEROMETER
from tinyhost.system.documents import Document
from tinyhost.tasks.capture import CaptureForm
from tinyhost.tasks.contract import Evaluation, Subject, Task
from tinyhost.tasks.findings import Confusion, Figure, Finding, Section, percent
from tinyhost.tasks.live import LiveForm

if TYPE_CHECKING:
    from tinyhost.audio.speakers import Part

__all__ = ["FIRMWARE", "SHAKES", "WINDOW"]

FIRMWARE = Path(__file__).parent / "shakes.cpp"
WINDOW = 32
"""samples of one window: kWindow of shakes.cpp"""


@dataclass(frozen=True, kw_only=True)
class ShakesDocument:
    """Windows of labelled recordings, classified on the device."""

    data: str
    n: int
    confusion: tuple[tuple[int, ...], ...]
    """rows: true class; columns: predicted class"""


@dataclass(frozen=True, kw_only=True)
class ShakeAccuracy(Finding):
    """The device's accuracy on shakes."""

    key: ClassVar[str] = "shakes"

    data: Path
    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]

    @property
    def n(self) -> int:
        """Number of windows."""
        return sum(map(sum, self.confusion))

    def document(self) -> ShakesDocument:
        """Return the JSON document."""
        return ShakesDocument(data=str(self.data), n=self.n, confusion=self.confusion)

    def section(self) -> Section:
        """Return the section of the report."""
        right = sum(row[index] for index, row in enumerate(self.confusion))
        return Section(
            title="Shakes",
            note=f"{self.n} windows of {self.data}.",
            figures=(Figure(name="Right", value=percent(right / self.n)),),
            parts=(Confusion(labels=self.labels, counts=self.confusion),),
        )


@dataclass(frozen=True, kw_only=True)
class ShakeEvaluation(Evaluation):
    """Windows with labels, for a device to classify."""

    stage: ClassVar[str] = "shakes"

    root: Path
    windows: tuple[tuple[str, NDArray[np.int16]], ...]

    @property
    def n_steps(self) -> int:
        """Number of windows."""
        return len(self.windows)

    def run(self, subject: Subject, on_step: Callable[[int], None]) -> ShakeAccuracy:
        """Classify each window on the device."""
        counts = np.zeros((len(subject.labels),) * 2, int)
        for done, (label, window) in enumerate(self.windows, 1):
            scores = np.frombuffer(subject.device.infer(InferSource.SAMPLE, data=window).output, np.int8)
            counts[subject.labels.index(label), int(np.argmax(scores))] += 1
            on_step(done)
        return ShakeAccuracy(data=self.root, labels=subject.labels, confusion=tuple(map(tuple, counts.tolist())))


class Shakes(Task):
    """The counterpart of shakes.cpp."""

    name = "shakes"
    app = "shakes"
    sensor = ACCELEROMETER
    settings = frozenset({Setting.PERIOD_MS, Setting.SMOOTHING, Setting.THRESHOLD})
    live = LiveForm(sees="motion", result="state")
    capture = CaptureForm(takes="minutes", recording=MOTION_RECORDING)
    documents: ClassVar[dict[str, type[Document]]] = {"shakes": ShakesDocument}

    def open_samples(self, subject: Subject, folder: Path, part: Part | None) -> ShakeEvaluation:
        """Return the windows of label/*.csv."""
        windows = [
            (file.parent.name, samples[start : start + WINDOW])
            for file in sorted(folder.glob("*/*.csv"))
            for samples in [read_motion_csv(file).counts()]
            for start in range(0, len(samples) - WINDOW + 1, WINDOW)
        ]
        unknown = {label for label, _ in windows} - set(subject.labels)
        if unknown or not windows:
            raise DatasetError(f"{folder}: expected recordings of {', '.join(subject.labels)}; got {sorted(unknown)}")
        return ShakeEvaluation(root=folder, windows=tuple(windows))


SHAKES = Shakes()
