"""Conditions for recordings of vibration: gain, noise, tilt."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.tasks.motion_sweeps import as_counts, turn_about
from tinyhost.tasks.sweeps import Sweep

__all__ = ["MOTION_SWEEPS"]


def _gain(samples: NDArray[Any], times: float, _: np.random.Generator) -> NDArray[Any]:
    return as_counts(samples * times)


def _noise(samples: NDArray[Any], snr_db: float, rng: np.random.Generator) -> NDArray[Any]:
    vibration = samples - samples.mean(axis=0)
    level = float(np.sqrt(np.square(vibration).mean())) * 10 ** (-snr_db / 20)
    return as_counts(samples + level * rng.standard_normal(samples.shape))


def _tilt(samples: NDArray[Any], degrees: float, _: np.random.Generator) -> NDArray[Any]:
    return as_counts(samples @ turn_about(0, degrees).T)


MOTION_SWEEPS = (
    Sweep(
        name="gain",
        unit="times",
        about="accelerations times a factor, clipped at the sensor's range",
        least=(0.95, 0.9, 0.8, 0.7, 0.5, 0.25),
        most=(1.05, 1.1, 1.25, 1.5, 2.0, 4.0),
        apply=_gain,
        is_logarithmic=True,
    ),
    Sweep(
        name="noise",
        unit="dB of vibration over noise",
        about="Gaussian noise on each axis",
        least=(40.0, 30.0, 20.0, 15.0, 10.0, 5.0, 0.0, -5.0),
        apply=_noise,
    ),
    Sweep(
        name="tilt",
        unit="degrees",
        about="the sensor turned about its first axis",
        most=(2.0, 5.0, 10.0, 20.0, 30.0, 45.0, 60.0, 90.0),
        apply=_tilt,
    ),
)
