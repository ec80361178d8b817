"""The simulated hands that hold the board in these tests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from tinyhost.motion.sensor import SENSORS
from tinyhost.synth.gestures.hand import Gesture
from tinyhost.synth.gestures.sensing import GestureOptions, GestureSource

__all__ = ["PERSON", "make"]

PERSON = 424_242
"""whom no model has learnt from"""


def make(*gestures: Gesture, rate_hz: float, seconds: float, person: int = PERSON) -> NDArray[np.int16]:
    """Return (n, 6) samples of a person's gestures, one after the other, as the board's sensors would give them."""
    nearest = min(SENSORS.values(), key=lambda sensor: abs(sensor.rate_hz - rate_hz))
    hold_s = seconds / len(gestures)
    options = GestureOptions(gestures=gestures, hold_s=hold_s, person=person, sensor=replace(nearest, rate_hz=rate_hz))
    return GestureSource(options).read(round(seconds * rate_hz))
