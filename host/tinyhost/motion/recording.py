"""A recording of accelerations, and of rotations if there was a gyroscope, with its issues."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tinyhost.motion.sensor import LSM9DS1, STANDARD_GRAVITY, Accelerometer, rotation_counts
from tinyhost.system.wording import counted

__all__ = ["MAX_ACCELERATION", "MAX_ROTATION", "RATES_HZ", "Issue", "MotionRecording", "find_issues"]

MAX_ACCELERATION = 1e5  # m/s^2; larger values are invalid
MAX_ROTATION = 1e6  # degrees per second
RATES_HZ = (1.0, 10_000.0)
"""plausible rates of recordings"""

STUCK_S, STUCK_SAMPLES = 0.25, 8
"""an axis that repeats one value for so long is stuck, if the sensor's step is finer than its noise; a slow recording
may have a few samples twice
"""
_FINE_STEP = 0.005  # m/s^2, 0.5 mg: about the noise of a quiet sensor
_MOVED_STEPS = 40
"""with a coarse step, an axis at rest repeats its value; it is stuck if another one moves by so many steps"""
_NOISY_STEPS = 2
"""or if the noise of both other axes is this large (its second differences); their own would be so, too"""
_JUMP_STEPS, _JUMP, _ALWAYS = 5, 0.5, 0.9
"""What comes to rest, or is taken up, does so by less, in steps and in usual movements, or has rested before. What
hangs moves so much at once, and in so large a share of the samples before and after."""
_AXES = ("accX", "accY", "accZ")
_ROTATION_AXES = ("gyrX", "gyrY", "gyrZ")
_ROTATION_RANGE = 2000.0  # degrees per second: hal::kRotationScale


@dataclass(frozen=True, kw_only=True)
class Issue:
    """A defect of a recording that a model should not learn from."""

    kind: Literal["gap", "stuck", "saturated"]
    first: int
    """index of the first sample; for a gap, of the first one after it"""
    n_samples: int
    """number of samples; for a gap, of missing ones"""
    axis: str = ""

    def __str__(self) -> str:
        """Return the issue in words."""
        if self.kind == "gap":
            return f"{counted(self.n_samples, 'sample')} missing before sample {self.first}"
        return f"{self.axis} {self.kind} for {counted(self.n_samples, 'sample')} from sample {self.first} on"


@dataclass(frozen=True, kw_only=True)
class MotionRecording:
    """Accelerations, evenly spaced except for the gaps among its issues."""

    name: str
    acceleration: NDArray[np.float64]
    """(n, 3) in m/s^2"""
    rate_hz: float
    rotation: NDArray[np.float64] | None = None
    """(n, 3) in degrees per second; None: there was no gyroscope"""
    issues: tuple[Issue, ...] = ()
    assumed: str = ""
    """assumptions made when it was read, in words"""

    def counts(self, sensor: Accelerometer = LSM9DS1) -> NDArray[np.int16]:
        """Return (n, 3) samples in counts of `sensor`."""
        return sensor.counts(self.acceleration)

    def all_counts(self, sensor: Accelerometer = LSM9DS1) -> NDArray[np.int16]:
        """Return (n, 6) samples in counts of `sensor` and its gyroscope; (n, 3) without rotation."""
        if self.rotation is None:
            return self.counts(sensor)
        return np.hstack([self.counts(sensor), rotation_counts(self.rotation)])

    def channels(self) -> NDArray[np.float64]:
        """Return all channels, (n, 3) in m/s^2, or (n, 6) with rotation in degrees per second."""
        return self.acceleration if self.rotation is None else np.hstack([self.acceleration, self.rotation])

    @property
    def n_channels(self) -> int:
        """The number of channels: 3, with rotation 6."""
        return 3 if self.rotation is None else 6

    def segments(self) -> Iterator[slice]:
        """Yield the stretches without gaps."""
        first = 0
        for issue in self.issues:
            if issue.kind == "gap":
                yield slice(first, issue.first)
                first = issue.first
        yield slice(first, len(self.acceleration))


def find_issues(
    acceleration: NDArray[np.float64],
    rate_hz: float,
    *,
    rotation: NDArray[np.float64] | None = None,
    gaps: list[Issue],
    range_g: float = LSM9DS1.range_g,
) -> tuple[Issue, ...]:
    """Return all issues by their first sample: the gaps given, stuck axes, and samples at or beyond the range."""
    issues = list(gaps)
    issues += _issues_of(acceleration, rate_hz, _AXES, range_g * STANDARD_GRAVITY * 0.999, _FINE_STEP)
    if rotation is not None:  # a quiet gyroscope's noise is less than its step
        issues += _issues_of(rotation, rate_hz, _ROTATION_AXES, _ROTATION_RANGE * 0.999, -1.0)
    return tuple(sorted(issues, key=lambda issue: issue.first))


def _issues_of(
    axes: NDArray[np.float64], rate_hz: float, names: tuple[str, ...], limit: float, fine_step: float
) -> Iterator[Issue]:
    """Yield the stuck axes of a sensor, (n, 3), and samples at or beyond `limit`.

    fine_step: largest step at which its noise must show.
    """
    least = max(STUCK_SAMPLES, round(STUCK_S * rate_hz))
    step = _own_step(axes)
    for axis, name in enumerate(names):
        values = axes[:, axis]
        changes = np.flatnonzero(np.diff(values) != 0.0)
        for first, n_samples in _runs(changes + 1, len(values)):
            run = slice(first, first + n_samples)
            if n_samples >= least and (step <= fine_step or _is_stuck(axes, run, axis, step)):
                yield Issue(kind="stuck", first=first, n_samples=n_samples, axis=name)
        beyond = np.abs(values) >= limit
        borders = np.flatnonzero(np.diff(beyond.astype(np.int8)) != 0) + 1
        for first, n_samples in _runs(borders, len(values)):
            if beyond[first]:
                yield Issue(kind="saturated", first=first, n_samples=n_samples, axis=name)


def _is_stuck(axes: NDArray[np.float64], run: slice, axis: int, step: float) -> bool:
    """Return whether an axis that repeats its value in coarse steps is stuck, by what the others do meanwhile."""
    others = np.delete(axes[run], axis, axis=1)
    if (others == others[0]).all():
        n, moved = len(others), float(np.median(np.abs(np.diff(axes, axis=0)).max(axis=1)))
        sides = axes[max(0, run.start - n) : run.start + 1][::-1], axes[run.stop - 1 : run.stop + n]
        steps = [np.abs(np.diff(side, axis=0)).max(axis=1) for side in sides]
        jump = max(_JUMP_STEPS * step, _JUMP * moved)
        return all(len(own) and own[0] > jump and (own > 0).mean() > _ALWAYS for own in steps)
    noise = np.median(np.abs(np.diff(others, n=2, axis=0)), axis=0) if len(others) > 2 else np.zeros(1)
    return bool(np.ptp(others, axis=0).max() > _MOVED_STEPS * step or noise.min() >= _NOISY_STEPS * step)


def _own_step(axes: NDArray[np.float64]) -> float:
    """Return the smallest step between two values of an axis, the sensor's or the file's; 0 if no axis ever changes.

    Values that were computed, such as from g, may differ by rounding alone.
    """
    steps = [float(np.diff(values).min()) for axis in axes.T if len(values := np.unique(axis.round(6))) > 1]
    return min(steps, default=0.0)


def _runs(borders: NDArray[np.int64], n_samples: int) -> list[tuple[int, int]]:
    """Return (first, length) of the stretches between borders."""
    starts = np.concatenate([[0], borders])
    lengths = np.diff(np.concatenate([starts, [n_samples]]))
    return [(int(start), int(length)) for start, length in zip(starts, lengths, strict=True) if length]
