"""Capture of long recordings of sound or motion into a data set, without a gap in any file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tinyhost.datasets.capture.recorder import Recorder, Recording, check_channels
from tinyhost.datasets.capture.session import CaptureEvent, CaptureSession
from tinyhost.datasets.manifest import Sample
from tinyhost.datasets.origin import Origin
from tinyhost.datasets.store import DatasetStore
from tinyhost.device import SamplesItem
from tinyhost.motion.sensor import COUNTS_PER_DPS, LSM9DS1
from tinyhost.sensors.sound import sound_faults

__all__ = ["MOTION_RECORDING", "SOUND_RECORDING", "RecordingForm", "capture_recording", "store_motion"]

_MOTION_CHANNELS = (3, 6)
"""channels of an accelerometer, and with a gyroscope"""


@dataclass(frozen=True, kw_only=True)
class RecordingForm:
    """The storage of a sensor's long recordings."""

    file_s: float
    """longest file: earlier files are safe if the process dies"""
    channels: tuple[int, ...]
    """allowed numbers of channels"""
    store: Callable[[DatasetStore, Recording, str, Origin, str], Sample]
    """writes one file with its label, origin, and the scene's item"""


def store_sound(store: DatasetStore, recording: Recording, label: str, origin: Origin, scene_item: str = "") -> Sample:
    """Store a recording of (n, 1) samples as a wav file; return its line.

    Raises DatasetError if it cannot be written.
    """
    return store.add_clip(
        recording.samples[:, 0],
        label,
        origin,
        rate_hz=round(recording.rate_hz),
        dropped=0,
        timestamp_us=recording.timestamp_us,
        scene_item=scene_item,
        issues=[fault.text for fault in sound_faults(recording.samples, recording.rate_hz)],
    )


def store_motion(store: DatasetStore, recording: Recording, label: str, origin: Origin, scene_item: str = "") -> Sample:
    """Store a recording of (n, 3) or (n, 6) samples as CSV, with its sensor's faults; return its line.

    Raises DatasetError if it cannot be written, ProtocolError if its samples are no motion's; the set is valid all the
    same.
    """
    check_channels(recording.samples, *_MOTION_CHANNELS)
    sensor = replace(LSM9DS1, counts_per_g=1.0 / recording.scale)
    acceleration, rotation = recording.samples[:, :3], recording.samples[:, 3:]
    return store.add_motion(
        sensor.acceleration(acceleration),
        recording.rate_hz,
        label,
        origin,
        rotation=rotation / COUNTS_PER_DPS if rotation.size else None,
        timestamp_us=recording.timestamp_us,
        scene_item=scene_item,
    )


SOUND_RECORDING = RecordingForm(file_s=60.0, channels=(1,), store=store_sound)
MOTION_RECORDING = RecordingForm(file_s=30.0, channels=_MOTION_CHANNELS, store=store_motion)


def capture_recording(session: CaptureSession, *, seconds: float, form: RecordingForm) -> None:
    """Record this many seconds, or fewer if the session is stopped. However it ends, received samples are stored first.

    A gap in the samples ends a file, so every file is without one; the session's progress counts what is missing.
    """
    file = _File(session, form)
    with session.timed(), session.sensor_samples() as samples:
        patience = session.device.patience
        recorder = Recorder(samples, channels=form.channels, stop=session.stop, patience=patience)
        try:
            while (got := recorder.next_piece()) is not None:
                item, missing = got
                file.add(item, missing)
                n_left = round(seconds * item.rate_hz) - session.progress.n_samples
                left_s = max(0.0, n_left / item.rate_hz)
                session.on_event(CaptureEvent(kind="level", piece=item, seconds_left=left_s))
                if n_left <= 0:
                    return
        finally:
            file.store()


class _File:
    """The file that is being filled."""

    def __init__(self, session: CaptureSession, form: RecordingForm) -> None:
        self._session = session
        self._form = form
        self._pieces: list[SamplesItem] = []
        self._n_samples = 0

    def add(self, item: SamplesItem, missing: int) -> None:
        """Add a piece; after a gap, or at the maximum length, the file so far is stored first."""
        progress = self._session.progress
        is_full = self._n_samples >= self._form.file_s * item.rate_hz
        if is_full or (missing and self._pieces):
            self.store()
        progress.dropped += missing
        self._pieces.append(item)
        self._n_samples += len(item.samples)
        progress.n_samples += len(item.samples)

    def store(self) -> None:
        """Write the samples so far."""
        if not self._pieces:
            return
        session, first = self._session, self._pieces[0]
        samples: NDArray[np.int16] = np.concatenate([item.samples for item in self._pieces])
        recording = Recording(
            samples=samples, rate_hz=first.rate_hz, scale=first.scale, timestamp_us=first.timestamp_us, n_missing=0
        )
        self._pieces, self._n_samples = [], 0
        sample = self._form.store(session.store, recording, session.label, session.origin, session.board.scene_name)
        session.progress.stored += 1
        session.progress.take_issues(sample)
        session.on_event(CaptureEvent(kind="stored", sample=sample))
