"""What a live view shows: who is watched, and each prediction with what its sensor gave."""

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
    """what stands beside the predictions; of a movement, each channel by itself"""
    result: Literal["state", "events", "alarm", "objects"]
    """the class that is seen now, words as they are said, one score against a threshold, or what is where"""

    @property
    def stream(self) -> StreamId:
        """What the board sends of it: the camera's frames, or the features of each stride of samples."""
        return StreamId.CAMERA if self.sees == "picture" else StreamId.FEATURES

    def real_threshold(self, setting: int, scale: float, zero_point: int) -> float:
        """Return the setting `threshold` in real units. scale, zero_point: of the model's output."""
        return setting / ONE if self.result == "alarm" else (setting - zero_point) * scale


@dataclass(frozen=True, kw_only=True)
class LiveHeader:
    """Who is watched: the board, its firmware, its model."""

    board: str
    is_virtual: bool
    app: str
    engine: str
    firmware: str
    model: str
    model_note: str
    """what else is worth a glance, e.g. the model's arena"""
    labels: tuple[str, ...]
    model_sha256: str = ""
    """of the model image, hex"""
    tick_unit: str
    tick_hz: int
    scale: float
    """of the scores: real value = (q - zero_point) * scale"""
    zero_point: int
    threshold: float | None
    """real value of the smoothed score from which a class is detected, or of the score that is too high"""
    form: LiveForm
    sensor: Sensor | None
    """None: one that this version does not know"""
    rate_hz: float = 0.0
    """samples a second; 0: not known"""
    window_samples: int = 0
    """samples that a prediction is of; 0 of pictures, and if it is not known"""
    n_coefficients: int = 0
    """cepstral coefficients that a stride of sound becomes; 0: bands of frequencies"""
    scene: str = ""
    misfit: str = ""
    """what of the board's samples the model was not made for, so that it predicts nothing; "" if nothing"""
    misfit_hint: str = ""

    def label(self, index: int) -> str:
        """Return the label of a class, or its number."""
        return self.labels[index] if index < len(self.labels) else f"class {index}"

    def real_score(self, score: int) -> float:
        """Return the score of an app that raises alarms in real units."""
        return score / ONE


@dataclass(frozen=True, kw_only=True)
class SeenObject:
    """What a heat map shows in one place, in pixels of the picture."""

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
    """ok, or why no inference ran"""
    output: tuple[int, ...]
    """of the model, as the board has it: int8"""
    scores: tuple[float, ...]
    smoothed: tuple[float, ...]
    top: int
    detected: bool
    capture_ticks: int
    preprocess_ticks: int
    invoke_ticks: int
    position: int
    """of a camera frame: its index; of sound and motion: samples since the sensor's start, up to the window's end"""
    score: int
    """of an app that raises alarms, Q16; else 0"""
    baseline: int = 0
    """slow mean of the scores, Q16"""
    scene_item: str = ""
    """which picture the camera saw; of sound and motion, what the scene plays as the prediction comes; or empty"""
    alarm: str = "normal"
    """normal, suspect, alarm, clearing"""
    objects: tuple[SeenObject, ...] = ()
    """of a heat map, the best first"""
    n_left_out: int = 0
    """cells of a heat map that reach the threshold and are in no object: there were too many"""
    device_dropped: int
    """given up by the device because the host did not read fast enough"""
    link_lost: int
    """broken on the way"""
    host_dropped: int
    """received, and thrown away because the host was too slow"""


@dataclass(frozen=True, kw_only=True)
class Stride:
    """What the model gets of one stride of sound or motion."""

    features: NDArray[np.int8]
    peak: int
    """largest absolute sample, counts"""
    rms: int
    position: int = 0
    """of its end: samples since the sensor's start"""


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
    """A line that the device wrote."""

    level: str
    text: str
    time_s: float


@dataclass(frozen=True, kw_only=True)
class LiveDrift:
    """How far what the sensor gives is from what a model was trained on."""

    n: int
    """live samples that were compared: the last 200 at most"""
    features: tuple[FeatureDrift, ...] | None
    """those whose distribution differs; null before the first 20 samples"""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The state at one moment, for drawing."""

    header: LiveHeader | None
    waiting: str
    """what is waited for; empty while predictions come"""
    reading: Reading | None
    readings: tuple[Reading, ...]
    """the last ones, oldest first"""
    n_readings: int
    fps: float
    bytes_per_s: float
    link: LinkCounts
    frame: NDArray[np.uint8] | None
    scene_name: str
    """what the scene gave a virtual board's sensor last"""
    strides: tuple[Stride, ...]
    """the last ones, oldest first"""
    detections: tuple[Reading, ...]
    """of an app whose detections are events: the last ones, oldest first"""
    log: tuple[LogLine, ...]
    seconds: float
    drift: LiveDrift | None = None
    """None: nothing is compared"""
