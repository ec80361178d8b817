"""The contract of a task: the host's counterpart of the firmware's `App`.

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

__all__ = ["EVENT_SETTINGS", "Evaluation", "LabelledInput", "Subject", "Task"]

EVENT_SETTINGS = frozenset(
    {
        Setting.PERIOD_MS,
        Setting.THRESHOLD,
        Setting.AVERAGE_MS,
        Setting.SUPPRESSION_MS,
        Setting.MIN_RESULTS,
        Setting.UNSURE_MARGIN,
    }
)
"""The settings of apps that detect events, words or gestures: EventSettings of firmware/lib/kws."""


@dataclass(frozen=True, kw_only=True)
class LabelledInput:
    """A sample as its model's input tensor."""

    path: Path | None
    """None for a generated sample"""
    label: str
    data: bytes
    """the input tensor's"""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A device under evaluation and its active model."""

    device: Device
    image: bytes
    """the model image"""
    model: ModelSummary
    given_labels: tuple[str, ...] = ()
    """used instead of the model's own"""
    units: MotionUnits = UNSTATED_UNITS
    """units of motion in CSV files, as given on the command line"""
    given_pool: DevicePool | None = None
    """several devices with this model, the first of which is `device`"""

    @property
    def pool(self) -> DevicePool:
        """The devices that run labelled samples: all of them, or the only one."""
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
    """Labelled samples or a recording, read and checked, for a device to run."""

    stage: ClassVar[str]
    """description shown while it runs"""

    change: Change = unchanged
    """applied to each labelled sample first: one of the task's sweeps, at one step"""

    @property
    @abstractmethod
    def n_steps(self) -> int:
        """The number of steps that `on_step` counts to."""

    @abstractmethod
    def run(self, subject: Subject, on_step: Callable[[int], None]) -> Finding:
        """Return the device's results. Raises LinkError, DeviceError."""


class Task(ABC):
    """One task: its app and sensor, and how its samples are read and evaluated."""

    name: ClassVar[str]
    """vision, keywords, anomaly"""
    app: ClassVar[str]
    """name of the firmware's app: the folder in firmware/apps"""
    sensor: ClassVar[Sensor]
    settings: ClassVar[frozenset[Setting]]
    """settings that can be changed on the device: those of the firmware's `App`"""
    live: ClassVar[LiveForm]
    """how its predictions are shown"""
    capture: ClassVar[CaptureForm]
    """how labelled samples are captured"""
    pipeline: ClassVar[str] = ""
    """the task's name on Hugging Face (`pipeline_tag`); empty if there is none"""
    approach: ClassVar[Literal["supervised", "unsupervised"]] = "supervised"
    """how its models are trained"""
    sweeps: ClassVar[tuple[Sweep, ...]] = ()
    """conditions for robustness tests, which its evaluations apply as their `change`"""
    documents: ClassVar[dict[str, type[Document]]]
    """the types of its findings in a benchmark's document, by key"""

    def misfit(self, model: ModelSummary) -> str:
        """Return why the app cannot run a model, as a description of the model's input or output; "" if it can."""
        return ""

    def window_samples(self, image: bytes, rate_hz: float) -> int:
        """Return the samples in a model's window, at this rate; 0 for pictures, or if it is not known."""
        return 0

    def test_sample(self, subject: Subject) -> NDArray[np.uint8] | None:
        """Return a sample from which the device can make the model's input; None if preprocessing is not timed alone.

        It overwrites the sample that the app holds.
        """
        return None

    def listening(self, device: Device) -> Listening | None:
        """Return the device's cost of sampling continuously; None if the task does not."""
        return None

    def judge(self, image: bytes, model: ModelSummary) -> Callable[[Path], NDArray[np.float64]]:
        """Return a function from a sample's file to the model's real outputs, (n,), computed here.

        Raises UsageError if the task's samples are not classified one by one.
        """
        raise UsageError(
            f"{model.name}: a model for {self.name} does not classify single samples", hint="give another model"
        )

    def inputs(
        self, model: ModelFile, labels: tuple[str, ...], folder: Path, part: Part | None
    ) -> tuple[tuple[LabelledInput, ...], tuple[Skipped, ...]]:
        """Return the labelled samples of a folder as the model's input tensors, and the files that could not be used.

        Raises DatasetError if they cannot be read, UsageError if its models do not classify.
        """
        raise UsageError(f"models of the app {self.app} do not classify samples", hint="omit --data")

    @abstractmethod
    def open_samples(self, subject: Subject, folder: Path, part: Part | None) -> Evaluation:
        """Return the evaluation of a folder's labelled samples.

        part: of training's split; None: all. Raises DatasetError if they cannot be read or do not suit the model,
        UsageError if the task has none.
        """

    def open_recording(self, subject: Subject, recording: Path, annotations: Path | None) -> Evaluation:
        """Return the evaluation of a long recording; its ground truth is by default the file beside it.

        Raises DatasetError for files that cannot be used, UsageError if the task has no long recordings.
        """
        raise UsageError(
            f"{subject.device.name}: its app {subject.device.info.app} classifies single samples, not a long recording",
            hint="omit --stream, or give labelled samples with --data",
        )
