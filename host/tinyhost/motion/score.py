"""Anomaly scores and alarms: the firmware's own fixed-point code (firmware/lib/anomaly), with types.

Scores are real numbers in steps of 2^-16: mean squared errors in a model's real units.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost import _firmware
from tinyhost.errors import UsageError
from tinyhost.protocol.messages import AlarmState

__all__ = [
    "ONE",
    "AlarmSettings",
    "CentroidSet",
    "Quantization",
    "alarm_onsets",
    "alarm_states",
    "reconstruction_error",
]

ONE = 1 << 16
"""the firmware's value for a score of 1"""
MAX_WEIGHT_BITS = 40
Quantization = tuple[float, int]
"""scale and zero point of an int8 tensor"""


@dataclass(frozen=True, kw_only=True)
class AlarmSettings:
    """Conditions for an alarm; see firmware/lib/anomaly/include/anomaly/alarm.h."""

    threshold: float
    hysteresis: float = 0.0
    """an alarm clears below threshold - hysteresis"""
    raise_windows: int = 2
    clear_windows: int = 4

    def __post_init__(self) -> None:
        """Raise UsageError if the firmware would refuse this."""
        if not 0.0 <= self.threshold < 32768.0:
            raise UsageError(f"threshold is {self.threshold}, expected 0 to 32767")
        if not 0.0 <= self.hysteresis <= self.threshold:
            raise UsageError(f"hysteresis is {self.hysteresis}, expected 0 to the threshold, {self.threshold}")
        if not (1 <= self.raise_windows <= 65535 and 1 <= self.clear_windows <= 65535):
            raise UsageError(
                f"{self.raise_windows} windows to raise and {self.clear_windows} to clear: expected 1 to 65535"
            )


@dataclass(frozen=True, kw_only=True)
class CentroidSet:
    """Centroids of k-means in the quantization of the vectors they are compared with."""

    values: NDArray[np.int8]
    """(n, n_dimensions)"""
    weights: NDArray[np.uint16]
    """(n_dimensions,) scale^2 * 2^weight_bits of each dimension"""
    weight_bits: int

    @classmethod
    def of_scale(cls, values: NDArray[np.int8], scale: float) -> CentroidSet:
        """Return centroids in a tensor's scale, with weights as exact as possible."""
        bits = int(np.clip(np.floor(np.log2(65535.0 / scale**2)), 0, MAX_WEIGHT_BITS))
        weight = min(65535, round(scale**2 * 2.0**bits))
        return cls(values=values, weights=np.full(values.shape[1], weight, np.uint16), weight_bits=bits)


def reconstruction_error(
    inputs: NDArray[np.int8], outputs: NDArray[np.int8], *, input_is: Quantization, output_is: Quantization
) -> NDArray[np.float64]:
    """Return the (n,) mean squared errors between rows of (n, k), in real units, computed as on the board."""
    scores = _firmware.reconstruction_error(
        np.ascontiguousarray(inputs), np.ascontiguousarray(outputs), input_is, output_is
    )
    real: NDArray[np.float64] = scores / float(ONE)
    return real


def alarm_onsets(states: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the windows at which an alarm is raised, of the AlarmState after each."""
    raised = np.isin(states, (AlarmState.ALARM, AlarmState.CLEARING))
    return np.flatnonzero(np.diff(np.r_[False, raised].astype(np.int8)) > 0)


def alarm_states(scores: NDArray[np.float64], settings: AlarmSettings) -> NDArray[np.uint8]:
    """Return the AlarmState after each score: 0 normal, 1 suspect, 2 alarm, 3 clearing."""
    steps = np.clip(np.rint(scores * ONE), 0, 2**31 - 1).astype(np.int32)
    return _firmware.Alarm().update(
        steps,
        round(settings.threshold * ONE),
        round(settings.hysteresis * ONE),
        settings.raise_windows,
        settings.clear_windows,
    )
