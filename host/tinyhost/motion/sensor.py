"""The boards' accelerometers: rate, range, frequency response and noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost.errors import UsageError

__all__ = [
    "BMI270",
    "COUNTS_PER_DPS",
    "LSM9DS1",
    "SENSORS",
    "STANDARD_GRAVITY",
    "Accelerometer",
    "rotation_counts",
    "sensor_named",
]

STANDARD_GRAVITY = 9.80665
"""m/s^2 per g (CGPM, 1901)"""
COUNTS_PER_DPS = 32768.0 / 2000.0
"""degrees per second in one count of a gyroscope, on every board: hal::kRotationScale"""


@dataclass(frozen=True, kw_only=True)
class Accelerometer:
    """A three-axis accelerometer of 16 bits."""

    name: str
    rate_hz: float
    range_g: float
    """largest acceleration, in g; beyond it samples saturate"""
    counts_per_g: float
    cutoff_hz: float
    """-3 dB of the anti-aliasing low-pass, taken as a Butterworth of second order"""
    noise_g: float
    """RMS of the sensor's own noise on each axis, white"""

    def response(self, frequency_hz: NDArray[np.float64]) -> NDArray[np.complex128]:
        """Return the low-pass' complex gain."""
        ratio = np.asarray(frequency_hz) / self.cutoff_hz
        gain: NDArray[np.complex128] = 1.0 / (1.0 - ratio**2 + 1j * np.sqrt(2.0) * ratio)
        return gain

    def counts(self, acceleration: NDArray[np.float64]) -> NDArray[np.int16]:
        """Return samples of an acceleration in m/s^2, rounded and saturated."""
        limit = min(self.range_g * self.counts_per_g, 32767.0)
        scaled = np.rint(acceleration * (self.counts_per_g / STANDARD_GRAVITY))
        return np.clip(scaled, -limit, limit).astype(np.int16)

    def acceleration(self, counts: NDArray[np.int16]) -> NDArray[np.float64]:
        """Return samples in m/s^2."""
        scaled: NDArray[np.float64] = counts.astype(np.float64) * (STANDARD_GRAVITY / self.counts_per_g)
        return scaled


# Arduino_LSM9DS1 sets 119 Hz and +-4 g: 0.122 mg per count, and 50 Hz of bandwidth at that rate (ST's datasheet). The
# datasheet does not tell the noise; 150 ug/sqrt(Hz) is assumed, about what the BMI270 has.
LSM9DS1 = Accelerometer(
    name="lsm9ds1", rate_hz=119.0, range_g=4.0, counts_per_g=1 / 0.000122, cutoff_hz=50.0, noise_g=0.00106
)
# Arduino_BMI270_BMM150 sets 100 Hz and +-4 g: 8192 counts per g, about 40 Hz of bandwidth, 160 ug/sqrt(Hz) (Bosch's
# datasheet).
BMI270 = Accelerometer(name="bmi270", rate_hz=100.0, range_g=4.0, counts_per_g=8192.0, cutoff_hz=40.0, noise_g=0.00101)
SENSORS = {sensor.name: sensor for sensor in (LSM9DS1, BMI270)}


def rotation_counts(rotation: NDArray[np.float64]) -> NDArray[np.int16]:
    """Return samples of a rotation in degrees per second, rounded and saturated as by both boards' gyroscopes."""
    return np.clip(np.rint(rotation * COUNTS_PER_DPS), -32768.0, 32767.0).astype(np.int16)


def sensor_named(name: str) -> Accelerometer:
    """Return the sensor of that name. Raises UsageError if there is none."""
    if name not in SENSORS:
        raise UsageError(f"no sensor {name!r}", hint=f"there are: {', '.join(SENSORS)}")
    return SENSORS[name]
