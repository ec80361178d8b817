"""Drift: comparison of a board's live samples with its model's training data."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from tinyhost.audio.sound_file import read_sound
from tinyhost.datasets.checking.drift import (
    LEAST_SAMPLES,
    Distributions,
    distributions,
    feature_drift,
    figures_of_clip,
    figures_of_motion,
    figures_of_picture,
)
from tinyhost.datasets.folder import MOTION, PICTURES, SOUNDS, kind_of
from tinyhost.datasets.people.provenance import read_run_data
from tinyhost.datasets.skipped import Skipped
from tinyhost.device import FrameItem
from tinyhost.errors import DatasetError
from tinyhost.monitor.unsure import Moments, SensorItem, Window
from tinyhost.motion.csv import read_motion_csv
from tinyhost.motion.recording import MotionRecording
from tinyhost.motion.sensor import COUNTS_PER_DPS, STANDARD_GRAVITY
from tinyhost.sensors.picture_file import read_picture
from tinyhost.system.folders import files_below
from tinyhost.tasks.live import LiveDrift, LiveHeader, Reading
from tinyhost.tasks.vision.fitting import SIDE, fitted

__all__ = ["DriftWatch"]

_MAX_LIVE = 200
_MAX_LEARNT = 2000
_PICTURE_PERIOD_US = 1_000_000
"""period of compared pictures: those in between are almost the same"""
Figures = Mapping[str, float]


class DriftWatch:
    """Compares the features of live samples with those of a data set."""

    def __init__(self, place: Path) -> None:
        """Read the samples of a data set, or those that a run was trained on. Raises DatasetError."""
        run = read_run_data(place) if place.is_dir() else None
        folder = run.folder if run else place
        kind = kind_of(folder)
        if kind is None:
            raise DatasetError(f"{folder}: no data set", hint="name a run, or the data set that it was trained on")
        files = ((path, path.relative_to(folder)) for path in sorted(files_below(folder)))
        paths = [
            path
            for path, name in files
            if path.suffix.lower() in kind.suffixes
            and len(name.parts) > 1
            and (run is None or name.as_posix() in run.samples)
        ]
        self.skipped: list[Skipped] = []
        """samples that could not be used"""
        self.result = LiveDrift(n=0, features=None)
        """the drift so far"""
        self._place, self._kind = place, kind
        self._before: list[Figures] = []
        self._recordings: list[MotionRecording] = []
        """figures of motion's windows, computed once the model's window length is known"""
        for path in paths[:: -(-len(paths) // _MAX_LEARNT) or 1]:
            self._learn(path)
        self._learnt: Distributions = {}
        self._window_samples = 0
        self._now: deque[Figures] = deque(maxlen=_MAX_LIVE)
        self._moments, self._due = Moments(), 0

    def take_reading(self, reading: Reading, header: LiveHeader) -> None:
        """Process a prediction, which tells the window's length. Raises DatasetError if the set does not suit it."""
        if self._window_samples == header.window_samples and self._now:
            return
        sensor = {"picture": PICTURES, "sound": SOUNDS}.get(header.form.sees, MOTION)
        if sensor is not self._kind:
            raise DatasetError(
                f"{self._place}: {self._kind.name}, but {header.board} gives {sensor.name}",
                hint="name a run or a data set of this board's app",
            )
        self._window_samples = header.window_samples
        for recording in self._recordings:
            ratio = recording.rate_hz / header.rate_hz if header.rate_hz else 1.0
            self._before += _windows_of(recording, round(self._window_samples * ratio))
        self._recordings = []
        self._learnt = distributions(self._before)
        if len(self._before) < LEAST_SAMPLES:
            raise DatasetError(
                f"{self._place}: {len(self._before)} samples, expected at least {LEAST_SAMPLES}",
                hint="name a larger data set",
            )

    def take_sample(self, item: SensorItem) -> None:
        """Process a picture, or the next samples: one picture a second is compared, or consecutive windows."""
        if isinstance(item, FrameItem):
            if item.timestamp_us >= self._due:
                self._due = item.timestamp_us + _PICTURE_PERIOD_US
                self._add(figures_of_picture(item.pixels))
            return
        n = self._window_samples
        self._moments.add(item, 2 * n)
        end = self._moments.end
        window = self._moments.window(end, n) if end >= self._due else None
        if window is not None:
            self._due = end + n
            self._add(_figures_of_window(window))

    def _learn(self, path: Path) -> None:
        try:
            if self._kind is PICTURES:
                self._before.append(figures_of_picture(fitted(read_picture(path), SIDE * SIDE).pixels))
            elif self._kind is SOUNDS:
                self._before.append(figures_of_clip(read_sound(path)))
            else:
                self._recordings.append(read_motion_csv(path))
        except DatasetError as error:
            self.skipped.append(Skipped(what=path.name, reason=error.message))

    def _add(self, figures: Figures) -> None:
        self._now.append(figures)
        is_enough = len(self._now) >= LEAST_SAMPLES and bool(self._before)
        features = feature_drift(self._now, self._learnt) if is_enough else None
        self.result = LiveDrift(n=len(self._now), features=features)


def _windows_of(recording: MotionRecording, n_samples: int) -> Iterator[Figures]:
    """Yield the figures of each consecutive window of a recording."""
    channels = recording.channels()
    for piece in recording.segments():
        for start in range(piece.start, piece.stop - n_samples + 1, max(1, n_samples)):
            yield figures_of_motion(channels[start : start + n_samples])


def _figures_of_window(window: Window) -> Figures:
    samples = window.samples
    if samples.shape[1] == 1:
        return figures_of_clip(samples[:, 0])
    acceleration = samples[:, :3] * (window.scale * STANDARD_GRAVITY)
    return figures_of_motion(np.hstack([acceleration, samples[:, 3:] / COUNTS_PER_DPS]))
