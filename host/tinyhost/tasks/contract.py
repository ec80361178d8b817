"""What a task is to the host: the twin of the firmware's `App`.

A task is added by a folder that holds a `Task` and an entry in `registry.py`; the benchmark, captures, live views, rigs
and reports know tasks by this contract only.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from tinyhost.errors import UsageError
from tinyhost.motion.units import UNSTATED_UNITS, MotionUnits
from tinyhost.protocol.messages import Setting
from tinyhost.sensors.sensor import Sensor
from tinyhost.system.documents import Document
from tinyhost.tasks.capture import CaptureForm
from tinyhost.tasks.findings import Finding, Listening
from tinyhost.tasks.live import LiveForm
from tinyhost.tasks.sweeps import Change, Sweep, unchanged

if TYPE_CHECKING:
    from tinyhost.audio.speakers import Part
    from tinyhost.datasets.skipped import Skipped
    from tinyhost.device import Device
    from tinyhost.device.pool import DevicePool
    from tinyhost.models.file import ModelFile
    from tinyhost.models.summary import ModelSummary

__all__ = ["Evaluation", "LabelledInput", "Subject", "Task"]


@dataclass(frozen=True, kw_only=True)
class LabelledInput:
    """A sample as its model takes it."""

    path: Path | None
    """None if it was made up"""
    label: str
    data: bytes
    """the input tensor's"""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A device and the model that is active on it."""

    device: Device
    image: bytes
    """the model image"""
    model: ModelSummary
    given_labels: tuple[str, ...] = ()
    """instead of the model's own"""
    units: MotionUnits = UNSTATED_UNITS
    """of motion in CSV files, as a person says them"""
    given_pool: DevicePool | None = None
    """several devices with this model, the first of which is `device`"""

    @property
    def pool(self) -> DevicePool:
        """The devices that judge labelled samples: all of them, or the only one."""
        if self.given_pool is not None:
            return self.given_pool
        from tinyhost.device.pool import DevicePool

        return DevicePool.of_one(self.device)

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes, in the order of the model's outputs."""
        return self.given_labels or self.model.labels


@dataclass(frozen=True, kw_only=True)
class Evaluation(ABC):
    """Labelled samples or a recording, read and checked, that a device has yet to judge."""

    stage: ClassVar[str]
    """what is shown while it runs"""

    change: Change = unchanged
    """what is done to each labelled sample first: one of the task's sweeps, at a step"""

    @property
    @abstractmethod
    def n_steps(self) -> int:
        """How far `on_step` counts."""

    @abstractmethod
    def run(self, subject: Subject, on_step: Callable[[int], None]) -> Finding:
        """Return what the device made of it. Raises LinkError, DeviceError."""


class Task(ABC):
    """One task: which app and sensor it has, and how its samples are read and judged."""

    name: ClassVar[str]
    """vision, keywords, anomaly"""
    app: ClassVar[str]
    """of the firmware: the folder in firmware/apps"""
    sensor: ClassVar[Sensor]
    settings: ClassVar[frozenset[Setting]]
    """what a person can change on the device: those of the firmware's `App`"""
    live: ClassVar[LiveForm]
    """how its predictions are shown"""
    capture: ClassVar[CaptureForm]
    """how labelled samples are captured"""
    pipeline: ClassVar[str] = ""
    """what its models do, as Hugging Face names it; empty if it has no name for that"""
    approach: ClassVar[Literal["supervised", "unsupervised"]] = "supervised"
    """how they learn"""
    sweeps: ClassVar[tuple[Sweep, ...]] = ()
    """conditions that its labelled samples can be exposed to, which its evaluations do as their `change`"""
    documents: ClassVar[dict[str, type[Document]]]
    """what its findings put into a benchmark's document, by key"""

    def misfit(self, model: ModelSummary) -> str:
        """Return what a model is whose input the app cannot make, or whose output it cannot judge; "" if it can."""
        return ""

    def window_samples(self, image: bytes, rate_hz: float) -> int:
        """Return how many samples of a sensor at this rate a prediction of a model image is of; 0 of pictures.

        0 too if that is not known.
        """
        return 0

    def test_sample(self, subject: Subject) -> NDArray[np.uint8] | None:
        """Return a sample from which the device can make the model's input; None if preprocessing is not timed alone.

        The device decides: what its app holds of an earlier sample is overwritten.
        """
        return None

    def listening(self, device: Device) -> Listening | None:
        """Return what it costs the device to take samples all the time; None where it does not."""
        return None

    def judge(self, image: bytes, model: ModelSummary) -> Callable[[Path], NDArray[np.float64]]:
        """Return what gives the real outputs, (n,), of a model for a sample's file, on this computer.

        Raises UsageError if the task's samples are not judged one by one.
        """
        raise UsageError(
            f"{model.name}: a model for {self.name} does not classify single samples", hint="give another model"
        )

    def inputs(
        self, model: ModelFile, labels: tuple[str, ...], folder: Path, part: Part | None
    ) -> tuple[tuple[LabelledInput, ...], tuple[Skipped, ...]]:
        """Return the labelled samples of a folder as the model's input tensors, and what could not be used.

        Raises DatasetError if they cannot be read, UsageError if its models do not classify.
        """
        raise UsageError(f"models of the app {self.app} do not classify samples", hint="omit --data")

    @abstractmethod
    def open_samples(self, subject: Subject, folder: Path, part: Part | None) -> Evaluation:
        """Return the labelled samples of a folder. part: only those that training keeps for it; None: all.

        Raises DatasetError if they cannot be read or do not suit the model, UsageError if the model judges none.
        """

    def open_recording(self, subject: Subject, recording: Path, annotations: Path | None) -> Evaluation:
        """Return a long recording and what happens in it, by default as a file beside it says.

        Raises DatasetError for files that cannot be used, UsageError if the task has no long recordings.
        """
        raise UsageError(
            f"{subject.device.name}: its app {subject.device.info.app} classifies single samples, not a long recording",
            hint="omit --stream, or give labelled samples with --data",
        )
