"""The simulated machine of these tests, measured by the accelerometer that the model was trained for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from tinyhost.motion.sensor import SENSORS
from tinyhost.synth.machine.machine import Machine, MachineOptions

__all__ = ["LATEST_S", "MeasuredMachine"]

LATEST_S = 2.0
"""from the beginning of a fault to its alarm"""


class MeasuredMachine:
    """A machine that is measured at a given rate."""

    def __init__(self, rate_hz: float) -> None:
        self.rate_hz = rate_hz
        nearest = min(SENSORS.values(), key=lambda sensor: abs(sensor.rate_hz - rate_hz))
        self._sensor = replace(nearest, rate_hz=rate_hz)

    def healthy(self, seconds: float, *, seed: int = 0) -> NDArray[np.int16]:
        """Return (n, 3) samples of a healthy machine."""
        return self._read(seconds, MachineOptions(seed=seed, sensor=self._sensor))

    def faulty(self, seconds: float, *, start_s: float = 0.0, seed: int = 0) -> NDArray[np.int16]:
        """Return (n, 3) samples of a machine with an imbalance from `start_s` on."""
        return self._read(seconds, MachineOptions(fault="imbalance", start_s=start_s, seed=seed, sensor=self._sensor))

    def _read(self, seconds: float, options: MachineOptions) -> NDArray[np.int16]:
        return Machine(options).read(round(seconds * self.rate_hz))
