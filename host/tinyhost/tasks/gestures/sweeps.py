"""Conditions for windows of motion: strength, pace, noise, another orientation of the board."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.motion.sensor import COUNTS_PER_DPS
from tinyhost.tasks.motion_sweeps import as_counts, turn_about
from tinyhost.tasks.sweeps import Sweep

__all__ = ["GESTURE_SWEEPS"]


def _strength(samples: NDArray[Any], times: float, _: np.random.Generator) -> NDArray[Any]:
    gravity = np.r_[samples[:, :3].mean(axis=0), np.zeros(3)]
    return as_counts(gravity + (samples - gravity) * times)


def _pace(samples: NDArray[Any], times: float, _: np.random.Generator) -> NDArray[Any]:
    """Return the movement around the middle in less time, or in more; the hand holds still before and after it."""
    n = len(samples)
    at = (np.arange(n) - (n - 1) / 2) * times + (n - 1) / 2
    gravity = np.r_[samples[:, :3].mean(axis=0), np.zeros(3)]
    moved = np.column_stack([np.interp(at, np.arange(n), channel, 0, 0) for channel in (samples - gravity).T])
    return as_counts(gravity + moved * np.repeat((times**2, times), 3))


def _noise(samples: NDArray[Any], dps: float, rng: np.random.Generator) -> NDArray[Any]:
    return as_counts(samples + dps * COUNTS_PER_DPS * rng.standard_normal(samples.shape))


def _turn(axis: int) -> Any:
    def turned(samples: NDArray[Any], degrees: float, _: np.random.Generator) -> NDArray[Any]:
        turn = turn_about(axis, degrees)
        return as_counts(np.hstack([samples[:, :3] @ turn.T, samples[:, 3:] @ turn.T]))

    return turned


_DEGREES = (5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0)
GESTURE_SWEEPS = (
    Sweep(
        name="strength",
        unit="times",
        about="all that moves times a factor, cut at the sensors' range; gravity stays",
        least=(0.9, 0.8, 0.7, 0.5, 0.35, 0.25),
        most=(1.1, 1.25, 1.5, 2.0, 3.0, 4.0),
        apply=_strength,
        is_logarithmic=True,
    ),
    Sweep(
        name="pace",
        unit="times",
        about="the movement in less or more time: rotation grows as the pace, acceleration as its square",
        least=(0.9, 0.8, 0.7, 0.6, 0.5, 0.35),
        most=(1.1, 1.25, 1.5, 1.75, 2.0, 3.0),
        apply=_pace,
        is_logarithmic=True,
    ),
    Sweep(
        name="noise",
        unit="degrees per second, and as many counts of acceleration",
        about="Gaussian noise on each channel",
        most=(2.0, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0),
        apply=_noise,
    ),
    *(
        Sweep(
            name=f"turn_{name}",
            unit="degrees",
            about=f"the board turned about its {name} axis",
            least=tuple(-degrees for degrees in _DEGREES),
            most=_DEGREES,
            apply=_turn(axis),
        )
        for axis, name in enumerate("xyz")
    ),
)
