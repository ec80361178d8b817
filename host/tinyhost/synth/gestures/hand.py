"""A person's hand with the board in it: position and orientation as functions of time.

Everything is a sum of sinusoids, so that times can be evaluated in any order. Axes: x to the right, y forward, z up;
the board lies in the hand like a phone, its x to the right.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

__all__ = ["GESTURES", "SILENT", "Gesture", "Hand", "Pose"]

Gesture = Literal["still", "other", "wave", "circle", "updown", "twist"]
GESTURES: tuple[Gesture, ...] = get_args(Gesture)
SILENT: tuple[Gesture, ...] = ("still", "other")
"""movements that are no gesture"""
_Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Pose:
    """Position and orientation of the board."""

    position: _Floats
    """(n, 3) in m"""
    angles: _Floats
    """(n, 3) in radians: about x, y and z, one after the other"""


_N_SINUSOIDS = 4


class Wander:
    """A slow random function of time, within about -1 to 1: a few sinusoids."""

    def __init__(self, rng: np.random.Generator, low_hz: float, high_hz: float) -> None:
        self._hz = rng.uniform(low_hz, high_hz, _N_SINUSOIDS)
        self._phase = rng.uniform(0, 2 * np.pi, _N_SINUSOIDS)
        self._size = rng.dirichlet(np.ones(_N_SINUSOIDS)) * 1.5

    def __call__(self, time_s: _Floats) -> _Floats:
        """Return (n,) values."""
        waves: _Floats = np.sin(2 * np.pi * self._hz * time_s[:, None] + self._phase) @ self._size
        return waves


class Hand:
    """One person's movements; the seed identifies the person, `take` a repetition."""

    def __init__(self, person: int, take: int) -> None:
        own, now = np.random.default_rng((person, 0x6E)), np.random.default_rng((person, take))
        self._pace = own.uniform(0.75, 1.25) * now.uniform(0.9, 1.1)
        self._size = own.uniform(0.6, 1.4) * now.uniform(0.85, 1.15)
        self._arm_m = own.uniform(0.2, 0.35)
        self._side = -1.0 if own.random() < 0.2 else 1.0  # left-handed
        self._held = own.normal(0.0, np.deg2rad([12.0, 12.0, 15.0])) + now.normal(0.0, np.deg2rad(6.0), 3)
        self._tremor_hz, self._tremor_m = own.uniform(7.0, 11.0), own.uniform(0.00002, 0.00025)
        self._phase = now.uniform(0, 2 * np.pi)
        self._swing = Wander(now, 0.1, 0.5)
        self._unsteady = [Wander(now, 0.2, 1.2) for _ in range(6)]
        self._rng = now

    def pose(self, gesture: Gesture) -> Callable[[_Floats], Pose]:
        """Return the movement as a function of times, (n,) in s."""
        make: dict[Gesture, Callable[[], Callable[[_Floats], Pose]]] = {
            "still": self._still,
            "other": self._other,
            "wave": self._wave,
            "circle": self._circle,
            "updown": self._updown,
            "twist": self._twist,
        }
        return make[gesture]()

    def _moved(self, position: _Floats, angles: _Floats, time_s: _Floats, held: _Floats | None = None) -> Pose:
        """Return a movement with this hand's tilt, unsteadiness and tremor."""
        unsteady = np.stack([wander(time_s) for wander in self._unsteady], axis=1)
        tremor = self._tremor_m * np.sin(2 * np.pi * self._tremor_hz * time_s)[:, None] * [1.0, 0.6, 0.8]
        return Pose(
            position=position * self._size + unsteady[:, :3] * 0.012 + tremor,
            angles=angles + unsteady[:, 3:] * 0.06 + (self._held if held is None else held),
        )

    def _turns(self, time_s: _Floats, hz: float) -> _Floats:
        """Return the phase of a movement of about this pace, with variations."""
        return 2 * np.pi * hz * self._pace * time_s + 0.5 * self._swing(time_s) + self._phase

    def _still(self) -> Callable[[_Floats], Pose]:
        """On a table, any side up, or held in a quiet hand."""
        lies = self._rng.random() < 0.5
        held = self._rng.uniform(-np.pi, np.pi, 3) if lies else self._held
        calm = 0.0 if lies else self._rng.uniform(0.05, 0.35)

        def pose(time_s: _Floats) -> Pose:
            nothing = np.zeros((len(time_s), 3))
            moved = self._moved(nothing, nothing, time_s)
            return Pose(position=calm * moved.position, angles=calm * (moved.angles - self._held) + held)

        return pose

    def _wave(self) -> Callable[[_Floats], Pose]:
        """The forearm swings from side to side, the board upright, as in a greeting."""
        hz, swing = self._rng.uniform(1.0, 1.7), self._rng.uniform(0.2, 0.4) * min(self._size, 1.2)
        upright = self._held + np.array([np.deg2rad(self._rng.uniform(50.0, 90.0)), 0.0, 0.0])

        def pose(time_s: _Floats) -> Pose:
            angle = swing * np.sin(self._turns(time_s, hz))
            nothing = np.zeros_like(angle)
            position = self._arm_m * np.stack([np.sin(angle), nothing, np.cos(angle)], axis=1) / self._size
            return self._moved(position, np.stack([nothing, angle, nothing], axis=1), time_s, upright)

        return pose

    def _circle(self) -> Callable[[_Floats], Pose]:
        """The hand draws circles in front of the body, the board flat."""
        hz, radius_m = self._rng.uniform(0.8, 1.5), self._rng.uniform(0.1, 0.2)
        way, oval = self._side * self._rng.choice([-1.0, 1.0]), self._rng.uniform(0.75, 1.25)

        def pose(time_s: _Floats) -> Pose:
            turn = way * self._turns(time_s, hz)
            nothing = np.zeros_like(turn)
            position = radius_m * np.stack([oval * np.cos(turn), nothing, np.sin(turn)], axis=1)
            angles = np.stack([0.12 * np.sin(turn), 0.15 * np.cos(turn), nothing], axis=1)
            return self._moved(position, angles, time_s)

        return pose

    def _updown(self) -> Callable[[_Floats], Pose]:
        """The hand goes up and down, the board flat, and tips a little with the forearm."""
        hz, height_m = self._rng.uniform(0.9, 1.8), self._rng.uniform(0.07, 0.16)

        def pose(time_s: _Floats) -> Pose:
            turn = self._turns(time_s, hz)
            nothing = np.zeros_like(turn)
            position = height_m * np.stack([nothing, 0.15 * np.cos(turn), np.sin(turn)], axis=1)
            tip = height_m / self._arm_m * np.sin(turn - 0.2)
            return self._moved(position, np.stack([tip, nothing, nothing], axis=1), time_s)

        return pose

    def _twist(self) -> Callable[[_Floats], Pose]:
        """The forearm turns about itself, as with a key in a lock."""
        hz, turn_rad = self._rng.uniform(0.9, 1.9), self._rng.uniform(0.6, 1.1) * min(self._size, 1.2)

        def pose(time_s: _Floats) -> Pose:
            angle = turn_rad * np.sin(self._turns(time_s, hz))
            nothing = np.zeros_like(angle)
            position = 0.02 * np.stack([np.sin(angle), nothing, np.cos(angle)], axis=1)
            return self._moved(position, np.stack([nothing, angle, nothing], axis=1), time_s)

        return pose

    def _other(self) -> Callable[[_Floats], Pose]:
        """What hands do all day: walk, reach, fidget, turn things over; faster and slower, in any direction."""
        kind = self._rng.integers(4)
        low_hz, high_hz = [(0.05, 0.5), (0.2, 1.2), (0.8, 3.0), (2.0, 6.0)][kind]
        size_m, turn_rad = [(0.2, 1.5), (0.12, 0.8), (0.025, 0.25), (0.003, 0.08)][kind]
        shifts = [Wander(self._rng, low_hz, high_hz) for _ in range(3)]
        turns = [Wander(self._rng, low_hz, high_hz) for _ in range(3)]
        sizes = self._rng.uniform(0.1, 1.0, 3) * size_m, self._rng.uniform(0.1, 1.0, 3) * turn_rad
        held = self._rng.uniform(-np.pi, np.pi, 3) if self._rng.random() < 0.5 else self._held

        def pose(time_s: _Floats) -> Pose:
            position = np.stack([wander(time_s) for wander in shifts], axis=1) * sizes[0]
            angles = np.stack([wander(time_s) for wander in turns], axis=1) * sizes[1]
            return self._moved(position, angles, time_s, held)

        return pose
