"""Accelerometer and gyroscope samples of a moving hand: seeded, of any length."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost.motion.sensor import LSM9DS1, STANDARD_GRAVITY, Accelerometer, rotation_counts
from tinyhost.synth.gestures.hand import Gesture, Hand, Pose

__all__ = ["GestureOptions", "GestureSource"]

_STEP_S = 0.002  # of the differences that acceleration and rotation are
_BLOCK = 1024
_ACCELERATION_OFFSET_G = 0.03
_ROTATION_OFFSET_DPS = 6.0
_ROTATION_NOISE_DPS = 0.3
_CHANGE_S = 0.4  # transition from one movement to the next


@dataclass(frozen=True, kw_only=True)
class GestureOptions:
    """The movements, the person and the sensor."""

    gestures: tuple[Gesture, ...] = ("wave",)
    """the movements, in a loop"""
    hold_s: float = 4.0
    """duration of each of several movements"""
    person: int = 0
    take: int = 0
    """number of the repetition: the same person holds the board differently and varies the movement"""
    sensor: Accelerometer = LSM9DS1


class GestureSource:
    """Samples of a board in a person's hand."""

    def __init__(self, options: GestureOptions) -> None:
        self._options = options
        self._poses = [Hand(options.person, options.take * 64 + i).pose(g) for i, g in enumerate(options.gestures)]
        self._rng = np.random.default_rng((options.person, options.take, 1))
        self._offset_g = self._rng.normal(0.0, _ACCELERATION_OFFSET_G, 3)
        self._offset_dps = self._rng.normal(0.0, _ROTATION_OFFSET_DPS, 3)
        self._n_read = 0

    def gesture_at(self, time_s: float) -> Gesture:
        """Return the movement at a time since the start."""
        gestures = self._options.gestures
        return gestures[int(time_s / self._options.hold_s) % len(gestures)]

    def read(self, n_samples: int) -> NDArray[np.int16]:
        """Return the next samples, (n_samples, 6) counts."""
        sensor = self._options.sensor
        time_s = (self._n_read + np.arange(n_samples)) / sensor.rate_hz
        self._n_read += n_samples
        before, now, after = (self._pose(time_s + step) for step in (-_STEP_S, 0.0, _STEP_S))
        moved = (after.position - 2 * now.position + before.position) / _STEP_S**2 + [0.0, 0.0, STANDARD_GRAVITY]
        turned = _matrices(now.angles)
        acceleration = np.einsum("nji,nj->ni", turned, moved)  # in the board's axes
        change = np.einsum("nji,njk->nik", turned, (_matrices(after.angles) - _matrices(before.angles)) / (2 * _STEP_S))
        rotation = np.rad2deg(np.stack([change[:, 2, 1], change[:, 0, 2], change[:, 1, 0]], axis=1))
        noise = self._rng.standard_normal((n_samples, 6))
        acceleration += (self._offset_g + sensor.noise_g * noise[:, :3]) * STANDARD_GRAVITY
        rotation += self._offset_dps + _ROTATION_NOISE_DPS * noise[:, 3:]
        return np.hstack([sensor.counts(acceleration), rotation_counts(rotation)])

    def blocks(self, n_samples: int) -> Iterator[NDArray[np.int16]]:
        """Yield n_samples samples in blocks."""
        for first in range(0, n_samples, _BLOCK):
            yield self.read(min(_BLOCK, n_samples - first))

    def _pose(self, time_s: NDArray[np.float64]) -> Pose:
        """Return the movement at each time, with smooth transitions."""
        if len(self._poses) == 1:
            return self._poses[0](time_s)
        place = time_s / self._options.hold_s
        index = np.floor(place).astype(int)
        share = np.clip((place - index) * self._options.hold_s / _CHANGE_S, 0.0, 1.0)
        share = (share**3 * (share * (6 * share - 15) + 10))[:, None]  # smooth to the second derivative
        poses = [pose(time_s) for pose in self._poses]
        position, angles = (np.stack([getattr(pose, name) for pose in poses]) for name in ("position", "angles"))
        each, current = np.arange(len(time_s)), index % len(poses)
        last = np.where(index > 0, index - 1, index) % len(poses)
        return Pose(
            position=position[last, each] * (1 - share) + position[current, each] * share,
            angles=angles[last, each] * (1 - share) + angles[current, each] * share,
        )


def _matrices(angles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (n, 3, 3) rotations from the board's axes to the room's: about x, then y, then z."""
    (sx, sy, sz), (cx, cy, cz) = np.sin(angles).T, np.cos(angles).T
    rows = [
        [cy * cz, sx * sy * cz - cx * sz, cx * sy * cz + sx * sz],
        [cy * sz, sx * sy * sz + cx * cz, cx * sy * sz - sx * cz],
        [-sy, sx * cy, cx * cy],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
