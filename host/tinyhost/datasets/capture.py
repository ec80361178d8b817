"""Camera frames of a device into a data set."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from tinyhost.datasets.manifest import Sample
from tinyhost.datasets.store import DatasetStore, Origin, Recovery, validate_label
from tinyhost.errors import DeviceError, TinyhostError
from tinyhost.protocol.status import Status

if TYPE_CHECKING:
    from tinyhost.device import Device, Frame

__all__ = [
    "CaptureDocument",
    "CaptureEvent",
    "CapturePlan",
    "CaptureProgress",
    "CaptureResult",
    "capture_pictures",
    "origin_of",
]

_SENSOR_FAILURES = frozenset({Status.NO_SENSOR, Status.SENSOR_TIMEOUT})


@dataclass(frozen=True, kw_only=True)
class CaptureResult:
    """What one run of a capture came to."""

    sensor: Literal["camera", "microphone", "accelerometer"]
    label: str
    asked: float
    """`--count`, or `--seconds`"""
    stored: int
    """samples of this run; files of a long recording"""
    dropped: int
    """camera: captures that failed on the board since the first sample of this run; else samples that were lost"""
    sensor_failures: int = 0
    """camera: captures that failed and were asked for again"""
    rejected: Mapping[str, int] = field(default_factory=dict)
    """microphone: clips that were no good, by reason"""
    issues: tuple[str, ...] = ()
    """accelerometer: what its files should not be used for, in words: stuck, saturated"""
    seconds: float


@dataclass(frozen=True, kw_only=True)
class _CaptureHead:
    schema: str
    data: Path
    """folder of the data set"""


@dataclass(frozen=True, kw_only=True)
class CaptureDocument(CaptureResult, _CaptureHead):
    """`tinyhost capture --json FILE`; written also when the run was cut short.

    The samples themselves are in the data set's manifest: [data.md](../guides/data.md).
    """

    schema: Literal["tinyhost.capture/1"] = "tinyhost.capture/1"
    ended_by: str
    """`done`, `interrupted`, or an error's message"""
    counts: Mapping[str, int]
    """samples in the set now, by label"""
    recovery: Recovery
    """what an earlier run left behind, and this one put right"""
    origin: Origin
    """what the manifest says about the device"""

    @classmethod
    def of(cls, store: DatasetStore, result: CaptureResult, origin: Origin, *, ended_by: str) -> CaptureDocument:
        """Return the document of a run into a data set."""
        return cls(
            data=store.root,
            **asdict(result),
            ended_by=ended_by,
            counts=store.counts(),
            recovery=store.recovery,
            origin=origin,
        )


@dataclass(frozen=True, kw_only=True)
class CapturePlan:
    """What to capture."""

    label: str
    count: int
    """pictures to take in this run"""
    every_s: float = 0.0
    """least time from one picture to the next"""
    max_failures: int = 5
    """sensor failures in a row that are asked again; the next one ends the run"""
    retry_s: float = 0.3
    """pause after a sensor failure"""
    scene_item: Callable[[], str] = str
    """returns what a virtual board's camera saw last"""
    scene_failure: Callable[[], TinyhostError | None] = lambda: None
    """returns why a virtual board's scene cannot be shown any more"""
    camera_may_come: bool = True
    """False: that the board has no camera is final, as it is for a virtual board without a scene"""


@dataclass(frozen=True, kw_only=True)
class CaptureEvent:
    """Something that happened: a sample was stored, or the sensor failed and is asked again."""

    kind: Literal["stored", "sensor_failed"]
    sample: Sample | None = None
    pixels: NDArray[np.uint8] | None = None
    error: DeviceError | None = None


@dataclass(kw_only=True)
class CaptureProgress:
    """Counts of a run; they stay right when the run is interrupted."""

    stored: int = 0
    sensor_failures: int = 0
    first_dropped: int | None = None
    last_dropped: int = 0
    seconds: float = 0.0

    def count(self, frame: Frame) -> None:
        """Count a frame that has been stored."""
        self.stored += 1
        if self.first_dropped is None:
            self.first_dropped = frame.dropped
        self.last_dropped = frame.dropped

    @property
    def dropped(self) -> int:
        """Captures that failed on the device since the first stored picture."""
        return self.last_dropped - self.first_dropped if self.first_dropped is not None else 0


def origin_of(device: Device, *, sensor: str, scene: str, note: str) -> Origin:
    """Return what the manifest says about a device: who it is and how its settings stand."""
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


def capture_pictures(
    device: Device,
    store: DatasetStore,
    origin: Origin,
    *,
    plan: CapturePlan,
    progress: CaptureProgress,
    on_event: Callable[[CaptureEvent], None],
    stop: threading.Event,
) -> None:
    """Store `plan.count` camera frames, or fewer if `stop` is set; `progress` counts them as they come.

    A sensor that fails is reported and asked again, up to `plan.max_failures` times in a row. Whatever ends the run
    early (`stop`, LinkError, DeviceError), what was stored stays valid.
    """
    validate_label(plan.label)
    begin = time.monotonic()
    due = begin
    failures = 0
    try:
        while progress.stored < plan.count and not stop.wait(max(0.0, due - time.monotonic())):
            try:
                frame = device.snapshot()
            except DeviceError as error:
                failures += 1
                _check_asking_again_helps(error, failures, plan)
                progress.sensor_failures += 1
                on_event(CaptureEvent(kind="sensor_failed", error=error))
                due = time.monotonic() + plan.retry_s
                continue
            failures = 0
            due = max(due, time.monotonic() - plan.every_s) + plan.every_s
            sample = _store(frame, store, origin, plan)
            progress.count(frame)
            on_event(CaptureEvent(kind="stored", sample=sample, pixels=frame.pixels))
    finally:
        progress.seconds = time.monotonic() - begin


def _check_asking_again_helps(error: DeviceError, failures: int, plan: CapturePlan) -> None:
    """Raise what ends the run, unless the sensor may answer next time."""
    broken_scene = plan.scene_failure()
    if broken_scene is not None:
        raise broken_scene from error
    final = error.status == Status.NO_SENSOR and not plan.camera_may_come
    if final or error.status not in _SENSOR_FAILURES or failures > plan.max_failures:
        raise error


def _store(frame: Frame, store: DatasetStore, origin: Origin, plan: CapturePlan) -> Sample:
    return store.add(
        frame.pixels,
        plan.label,
        origin,
        frame_index=frame.index,
        dropped=frame.dropped,
        timestamp_us=frame.timestamp_us,
        scene_item=plan.scene_item(),
    )
