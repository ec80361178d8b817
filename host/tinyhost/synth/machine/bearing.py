"""Impacts of a bearing's balls on a defect of the outer race, and the ringing of the housing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost.synth.machine.faults import BPFO_ORDER

__all__ = ["OuterRace", "Ring"]

_SLIP = 0.01  # of the interval between impacts: balls slide a little (Randall and Antoni, 2011: 1 to 2 %)
_SPREAD = 0.15  # of an impact's size
_MODULATION = 0.2  # of an impact's size, by the shaft's turn
_RING_SAMPLES = 96


@dataclass(frozen=True, kw_only=True)
class Ring:
    """The response of one axis to an impact: size * gain * exp(-damping * w0 * t) * sin(w * t)."""

    resonance_hz: float
    damping: float
    gain: float

    def after(self, time_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the acceleration `time_s` after an impact of size 1."""
        natural = 2.0 * np.pi * self.resonance_hz
        decay = np.exp(-self.damping * natural * time_s)
        swing: NDArray[np.float64] = self.gain * decay * np.sin(natural * np.sqrt(1.0 - self.damping**2) * time_s)
        return swing


class OuterRace:
    """The impacts of one run, block by block; ringing continues across blocks."""

    def __init__(self, rings: list[Ring], rng: np.random.Generator) -> None:
        self._rings = rings
        self._rng = rng
        self._next = float(rng.uniform(0.0, 1.0))  # impact, in passings of a ball since the start
        self._tail = np.zeros((_RING_SAMPLES, len(rings)))

    def block(self, time_s: NDArray[np.float64], angle: NDArray[np.float64], start_s: float) -> NDArray[np.float64]:
        """Return (n, n_axes) of ringing at the times that follow time_s[0], the last sample of the block before.

        time_s: (n + 1,), evenly spaced. angle: (n + 1,) the shaft's, in rad. Impacts before start_s are left out.
        """
        n_samples, step_s = len(time_s) - 1, time_s[1] - time_s[0]
        impacts = self._draw(BPFO_ORDER * angle[-1] / (2.0 * np.pi))
        turns = 2.0 * np.pi / BPFO_ORDER * impacts
        size = 1.0 + _SPREAD * self._rng.standard_normal(len(impacts)) + _MODULATION * np.cos(turns)
        hit_s = np.interp(turns, angle, time_s)
        hit_s, size = hit_s[hit_s >= start_s], size[hit_s >= start_s]
        place = np.ceil((hit_s - time_s[1]) / step_s).astype(np.int64).clip(0)
        since_s = time_s[1] + place * step_s - hit_s
        ringing = np.concatenate([self._tail, np.zeros((n_samples, len(self._rings)))])
        swing = np.arange(_RING_SAMPLES)
        for axis, ring in enumerate(self._rings):
            values = size[:, None] * ring.after(since_s[:, None] + swing * step_s)
            np.add.at(ringing[:, axis], place[:, None] + swing, values)
        self._tail = ringing[n_samples:]
        return ringing[:n_samples]

    def _draw(self, end: float) -> NDArray[np.float64]:
        """Return the impacts up to `end`, in passings, and keep the one after it."""
        drawn = [np.zeros(0)]
        while self._next <= end:
            n_more = int(end - self._next) + 8
            steps = 1.0 + _SLIP * self._rng.standard_normal(n_more)
            times = self._next + np.concatenate([[0.0], np.cumsum(steps)])
            n_within = int(np.searchsorted(times, end, side="right"))
            drawn.append(times[: min(n_within, n_more)])
            self._next = float(times[min(n_within, n_more)])
        return np.concatenate(drawn)
