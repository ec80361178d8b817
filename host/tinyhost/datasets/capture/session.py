"""A capture run: its device, label and data set, and its progress."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from tinyhost.datasets.manifest import Sample
from tinyhost.datasets.origin import Origin
from tinyhost.datasets.store import DatasetStore, Recovery
from tinyhost.datasets.word_quality import WordVerdict
from tinyhost.device import Device, SamplesItem, Subscription
from tinyhost.errors import DeviceError, TinyhostError
from tinyhost.protocol.messages import StreamId

if TYPE_CHECKING:
    from tinyhost.boards.base import PoweredBoard

__all__ = ["CaptureDocument", "CaptureEvent", "CaptureProgress", "CaptureSession", "origin_of"]


@dataclass(frozen=True, kw_only=True)
class CaptureEvent:
    """An event of a capture."""

    kind: Literal["prompt", "level", "stored", "rejected", "retake", "sensor_failed"]
    """a word is awaited, samples arrived, a sample was stored, rejected, is retaken, the sensor is retried"""
    sample: Sample | None = None
    """that was stored"""
    pixels: NDArray[np.uint8] | None = None
    """of the picture that was stored, (height, width)"""
    piece: SamplesItem | None = None
    """the samples received, for `prompt` and `level`"""
    seconds_left: float = 0.0
    """for `prompt`: until a word is recorded; for `level`: until a recording ends"""
    verdict: WordVerdict | None = None
    """of a word"""
    error: DeviceError | None = None
    """of a sensor that failed"""


@dataclass(kw_only=True)
class CaptureProgress:
    """Counts of a run; they stay right when the run is interrupted."""

    stored: int = 0
    """pictures, words, or files of a recording"""
    n_samples: int = 0
    """of a recording, in all files"""
    dropped: int = 0
    """pictures: failed captures on the device since the first one stored; else lost samples"""
    sensor_failures: int = 0
    """number of retried captures"""
    rejected: dict[str, int] = field(default_factory=dict)
    """rejected words, by reason"""
    issues: list[str] = field(default_factory=list)
    """for pictures and recordings: faults by file, or of the scene"""
    seconds: float = 0.0

    def take_issues(self, sample: Sample) -> None:
        """Record the faults of a stored sample."""
        self.issues += [f"{sample.file}: {issue}" for issue in sample.issues]


@dataclass(frozen=True, kw_only=True)
class CaptureSession:
    """One run of a capture."""

    device: Device
    board: PoweredBoard
    store: DatasetStore
    origin: Origin
    label: str
    on_event: Callable[[CaptureEvent], None]
    stop: threading.Event
    """ends the run after the sample that is being taken"""
    progress: CaptureProgress = field(default_factory=CaptureProgress)

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Record the duration of the block, however it ends."""
        begin = time.monotonic()
        try:
            yield
        finally:
            self.progress.seconds = time.monotonic() - begin

    @contextmanager
    def sensor_samples(self) -> Iterator[Subscription]:
        """Yield the samples of the device's sensor; if they fail because the scene does, raise what the scene says."""
        try:
            with self.device.stream(StreamId.SAMPLES) as subscription:
                yield subscription
        except TinyhostError as error:
            if self.board.scene_failure is not None:
                raise self.board.scene_failure from error
            raise


@dataclass(frozen=True, kw_only=True)
class CaptureDocument:
    """`tinyhost capture --json FILE`; written also when the run was cut short.

    The samples themselves are in the data set's manifest: [data.md](../guides/data.md).
    """

    schema: Literal["tinyhost.capture/1"] = "tinyhost.capture/1"
    data: Path
    """folder of the data set"""
    label: str
    asked: float
    """`--count`, or `--seconds`"""
    sensor: str
    """`camera`, `microphone`, `accelerometer`"""
    stored: int
    """samples of this run; files of a long recording"""
    dropped: int
    """camera: captures that failed on the board since the first sample of this run; else samples that were lost"""
    rejected: Mapping[str, int]
    """microphone: rejected clips, by reason"""
    issues: list[str]
    """what is wrong with which file, in words: a picture is dark, black, torn; a sensor was stuck, saturated, silent; a
    scene has a gap"""
    sensor_failures: int
    """camera: captures that failed and were asked for again"""
    seconds: float
    ended_by: str
    """`done`, `interrupted`, or an error's message"""
    counts: Mapping[str, int]
    """samples in the set now, by label"""
    recovery: Recovery
    """leftovers of an earlier run that this one repaired"""
    origin: Origin
    """the manifest's entries on the device"""


def origin_of(device: Device, *, sensor: str, scene: str, note: str) -> Origin:
    """Return the manifest's entries on a device: its identity and settings."""
    info = device.info
    return Origin(
        sensor=sensor,
        board=info.board,
        device=info.unique_id,
        app=info.app,
        firmware_version=info.firmware_version,
        build_id=info.build_id,
        settings={name: setting.value for name, setting in device.settings().items()},
        scene=scene,
        note=note,
    )
