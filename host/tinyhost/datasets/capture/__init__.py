"""Captures: labelled samples from a device's sensor into a data set."""

from __future__ import annotations

from tinyhost.datasets.capture.pictures import capture_pictures
from tinyhost.datasets.capture.recorder import Recorder, Recording
from tinyhost.datasets.capture.recordings import (
    MOTION_RECORDING,
    SOUND_RECORDING,
    RecordingForm,
    capture_recording,
    store_motion,
)
from tinyhost.datasets.capture.session import (
    CaptureDocument,
    CaptureEvent,
    CaptureProgress,
    CaptureSession,
    origin_of,
)
from tinyhost.datasets.capture.words import Answer, capture_words

__all__ = [
    "MOTION_RECORDING",
    "SOUND_RECORDING",
    "Answer",
    "CaptureDocument",
    "CaptureEvent",
    "CaptureProgress",
    "CaptureSession",
    "Recorder",
    "Recording",
    "RecordingForm",
    "capture_pictures",
    "capture_recording",
    "capture_words",
    "origin_of",
    "store_motion",
]
