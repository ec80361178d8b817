"""Minutes of sound or motion from a device into a data set, without a gap in any file."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tinyhost.datasets.manifest import Sample
from tinyhost.datasets.recording import Recorder, Recording
from tinyhost.errors import TinyhostError
from tinyhost.protocol.messages import StreamId

if TYPE_CHECKING:
    from tinyhost.device import Device, SamplesItem, Subscription

__all__ = ["LongEvent", "LongPlan", "LongProgress", "capture_long", "sensor_stream"]

SceneFailure = Callable[[], "TinyhostError | None"]


@dataclass(frozen=True, kw_only=True)
class LongPlan:
    """What to record."""

    seconds: float
    file_s: float
    """longest file: what came before it is safe, whatever happens to the process"""
    store: Callable[[Recording], Sample]
    """writes one file's samples"""
    scene_failure: SceneFailure = lambda: None
    """returns why a virtual board's scene cannot be played any more"""


@dataclass(frozen=True, kw_only=True)
class LongEvent:
    """Something that happened while recording."""

    piece: SamplesItem | None = None
    """what came"""
    seconds_left: float = 0.0
    sample: Sample | None = None
    """a file that was stored"""


@dataclass(kw_only=True)
class LongProgress:
    """Counts of a run; they stay right when the run is interrupted."""

    stored: int = 0
    """files"""
    n_samples: int = 0
    lost: int = 0
    """samples that are missing between the files"""
    seconds: float = 0.0
    """of the recording, lost samples not counted"""


@contextmanager
def sensor_stream(device: Device, scene_failure: SceneFailure) -> Iterator[Subscription]:
    """Yield the samples of the device's sensor; if they fail because the scene does, say that."""
    try:
        with device.stream(StreamId.SAMPLES) as subscription:
            yield subscription
    except TinyhostError as error:
        broken_scene = scene_failure()
        if broken_scene is not None:
            raise broken_scene from error
        raise


def capture_long(
    device: Device,
    *,
    plan: LongPlan,
    progress: LongProgress,
    on_event: Callable[[LongEvent], None],
    stop: threading.Event,
) -> None:
    """Record `plan.seconds`, or less if `stop` is set. Whatever ends it, what has come is stored first.

    A gap in the samples ends a file, so every file is without one; `progress` counts what is missing.
    """
    file = _File(plan, progress, on_event)
    begin = time.monotonic()
    with sensor_stream(device, plan.scene_failure) as subscription:
        recorder = Recorder(subscription, stop=stop)
        try:
            while (got := recorder.next_piece()) is not None:
                item, missing = got
                file.add(item, missing)
                n_left = round(plan.seconds * item.rate_hz) - progress.n_samples
                on_event(LongEvent(piece=item, seconds_left=max(0.0, n_left / item.rate_hz)))
                if n_left <= 0:
                    return
        finally:
            file.store()
            progress.seconds = time.monotonic() - begin


class _File:
    """The file that is being filled."""

    def __init__(self, plan: LongPlan, progress: LongProgress, on_event: Callable[[LongEvent], None]) -> None:
        self._plan = plan
        self._progress = progress
        self._on_event = on_event
        self._pieces: list[SamplesItem] = []
        self._n_samples = 0

    def add(self, item: SamplesItem, missing: int) -> None:
        """Take a piece; what it does not follow, and what is long enough, is stored first."""
        is_full = self._n_samples >= self._plan.file_s * item.rate_hz
        if is_full or (missing and self._pieces):
            self.store()
        self._progress.lost += missing
        self._pieces.append(item)
        self._n_samples += len(item.samples)
        self._progress.n_samples += len(item.samples)

    def store(self) -> None:
        """Write what there is."""
        if not self._pieces:
            return
        first = self._pieces[0]
        samples: NDArray[np.int16] = np.concatenate([item.samples for item in self._pieces])
        recording = Recording(
            samples=samples, rate_hz=first.rate_hz, scale=first.scale, timestamp_us=first.timestamp_us, n_missing=0
        )
        self._pieces, self._n_samples = [], 0
        sample = self._plan.store(recording)
        self._progress.stored += 1
        self._on_event(LongEvent(sample=sample))
