"""Steps of a movement, a gesture model's input: the firmware's own code (firmware/lib/gestures), with types."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyhost import _firmware
from tinyhost.errors import DatasetError

__all__ = ["MAX_MOMENTS", "MAX_STEPS", "STEP_CHANNELS", "STEP_SCALE", "step_window", "steps_of", "window_moments"]

STEP_CHANNELS = 6
STEP_SCALE = 1.0 / 128.0
"""scale of the int8 input: 1 is 4 g, or 500 degrees per second"""
MAX_STEPS = 128
MAX_MOMENTS = 512
"""largest window of a board: kMaxMoments of firmware/apps/gestures"""


def steps_of(samples: NDArray[np.int16], rate_hz: float, step_hz: float) -> NDArray[np.int8]:
    """Return the steps, (m, 6), of (n, 6) counts without a gap. Raises DatasetError if the rate is too low."""
    try:
        moments = np.ascontiguousarray(samples, np.int16)
        return _firmware.gesture_steps(moments, round(rate_hz * 1000), round(step_hz * 1000))
    except _firmware.StatusError as exc:
        raise DatasetError(
            f"{rate_hz:.4g} samples per second cannot be cut into {step_hz:g} steps",
            hint="record at a higher rate, 10,000 samples per second at most",
        ) from exc


def step_window(samples: NDArray[np.int16], n_steps: int) -> NDArray[np.int8]:
    """Return the steps of a whole window, (n_steps, 6), of (n, 6) counts; n >= n_steps."""
    return _firmware.gesture_window(np.ascontiguousarray(samples, np.int16), n_steps)


def window_moments(n_steps: int, rate_hz: float, step_hz: float) -> int:
    """Return the number of samples in a window, at least one per step."""
    return max(n_steps, round(n_steps * rate_hz / step_hz))
