"""The data of a live view: the board and its model, and each prediction with the sensor's samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from tinyhost.datasets.checking.drift import FeatureDrift
from tinyhost.motion.score import ONE
from tinyhost.protocol.messages import StreamId

if TYPE_CHECKING:
    from tinyhost.sensors.sensor import Sensor

__all__ = [
    "LinkCounts",
    "LiveDrift",
    "LiveForm",
    "LiveHeader",
    "LogLine",
    "Reading",
    "SeenObject",
    "Snapshot",
    "Stride",
]


@dataclass(frozen=True, kw_only=True)
class LiveForm:
    """How a task's live predictions are shown."""

    sees: Literal["picture", "sound", "motion", "movement"]
    """what is drawn beside the predictions; `motion`: each channel by itself"""
    result: Literal["state", "events", "alarm", "objects"]
    """the class that is seen now, words as they are said, one score against a threshold, or what is where"""

    @property
    def stream(self) -> StreamId:
        """The stream to show: the camera's frames, or the features of each stride of samples."""
        return StreamId.CAMERA if self.sees == "picture" else StreamId.FEATURES

    def real_threshold(self, setting: int, scale: float, zero_point: int) -> float:
        """Return the setting `threshold` in real units. scale, zero_point: of the model's output."""
        return setting / ONE if self.result == "alarm" else (setting - zero_point) * scale


@dataclass(frozen=True, kw_only=True)
class LiveHeader:
    """The board that is watched, its firmware and its model."""

    board: str
    is_virtual: bool
    app: str
    engine: str
    firmware: str
    model: str
    model_note: str
    """further facts worth a glance, e.g. the model's arena"""
    labels: tuple[str, ...]
    model_sha256: str = ""
    """SHA-256 of the model image, hex"""
    tick_unit: str
    tick_hz: int
    scale: float
    """quantization of the scores: real value = (q - zero_point) * scale"""
    zero_point: int
    threshold: float | None
    """real value of the smoothed score from which a class is detected, or an alarm is raised"""
    form: LiveForm
    sensor: Sensor | None
    """None: a sensor that this version does not know"""
    rate_hz: float = 0.0
    """samples a second; 0: not known"""
    window_samples: int = 0
    """samples in a prediction's window; 0 for pictures, or if it is not known"""
    n_coefficients: int = 0
    """cepstral coefficients per stride of sound; 0: the features are bands of frequencies"""
    scene: str = ""
    is_cascade: bool = False
    """whether a first network wakes the one that the predictions are of"""
    misfit: str = ""
    """why the model cannot predict on the board's samples; "" if it can"""
    misfit_hint: str = ""

    def label(self, index: int) -> str:
        """Return the label of a class, or its number."""
        return self.labels[index] if index < len(self.labels) else f"class {index}"

    def real_score(self, score: int) -> float:
        """Return an anomaly score in real units."""
        return score / ONE


@dataclass(frozen=True, kw_only=True)
class SeenObject:
    """One object in a heat map, in pixels of the picture."""

    label: int
    """class"""
    score: float
    """real value of its best cell"""
    x: int
    """of the centroid, from the left"""
    y: int
    """from the top"""
    width: int
    """of the box around its cells"""
    height: int


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One live prediction; scores are real values."""

    index: int
    timestamp_us: int
    status: str
    """`ok`, or why no inference ran"""
    output: tuple[int, ...]
    """the model's output, as on the board: int8"""
    scores: tuple[float, ...]
    smoothed: tuple[float, ...]
    top: int
    detected: bool
    capture_ticks: int
    preprocess_ticks: int
    invoke_ticks: int
    position: int
    """index of the camera frame; for sound and motion, samples from the sensor's start to the window's end"""
    score: int
    """for an app that raises alarms, in Q16; else 0"""
    baseline: int = 0
    """slow mean of the scores, Q16"""
    scene_item: str = ""
    """the scene's picture before the camera; for sound and motion, what the scene plays when the prediction arrives; or
    empty
    """
    asleep: bool = False
    """of a cascade: the first network heard nothing, and the second one did not run"""
    alarm: str = "normal"
    """normal, suspect, alarm, clearing"""
    objects: tuple[SeenObject, ...] = ()
    """objects of a heat map, the highest score first"""
    n_left_out: int = 0
    """cells of a heat map that reach the threshold but are in no object, because there are too many"""
    device_dropped: int
    """dropped by the device because the host did not read fast enough"""
    link_lost: int
    """lost or corrupted on the link"""
    host_dropped: int
    """received, but dropped because the host was too slow"""


@dataclass(frozen=True, kw_only=True)
class Stride:
    """The model's features of one stride of sound or motion."""

    features: NDArray[np.int8]
    peak: int
    """largest absolute sample, counts"""
    rms: int
    position: int = 0
    """its end, in samples since the sensor's start"""


@dataclass(frozen=True, kw_only=True)
class LinkCounts:
    """Counters of the link since it was opened."""

    bytes_in: int = 0
    bytes_out: int = 0
    bad_frames: int = 0
    retries: int = 0
    reconnects: int = 0


@dataclass(frozen=True, kw_only=True)
class LogLine:
    """A log line of the device."""

    level: str
    text: str
    time_s: float


@dataclass(frozen=True, kw_only=True)
class LiveDrift:
    """Drift of the sensor's samples from a model's training data."""

    n: int
    """number of live samples compared: the last 200 at most"""
    features: tuple[FeatureDrift, ...] | None
    """statistics whose distribution differs; null before the first 20 samples"""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The state of a live view at one moment."""

    n_awake: int = 0
    """of a cascade: of all predictions, those of the second network"""

    header: LiveHeader | None
    waiting: str
    """what the view waits for; empty while predictions arrive"""
    reading: Reading | None
    readings: tuple[Reading, ...]
    """the last ones, oldest first"""
    n_readings: int
    fps: float
    bytes_per_s: float
    link: LinkCounts
    frame: NDArray[np.uint8] | None
    scene_name: str
    """what the scene last played to a virtual board's sensor"""
    strides: tuple[Stride, ...]
    """the last ones, oldest first"""
    detections: tuple[Reading, ...]
    """for an app that detects events: the last ones, oldest first"""
    log: tuple[LogLine, ...]
    seconds: float
    drift: LiveDrift | None = None
    """None: no drift is measured"""
