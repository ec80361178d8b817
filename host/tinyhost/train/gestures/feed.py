"""Augmented windows of steps for fitting: turned, slower or faster, stronger or weaker."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost.motion.steps import STEP_CHANNELS, STEP_SCALE
from tinyhost.train.core.feed import Batch, one_hot

__all__ = ["StepSet", "WindowBatches", "to_input"]

_TILT_DEG = 12.0
_PACE = (0.85, 1.18)
_STRENGTH = (0.8, 1.25)
_ROTATION_OFFSET = 0.02  # of full scale: 10 degrees per second
_NOISE = 0.006


@dataclass(frozen=True, kw_only=True)
class StepSet:
    """Windows with classes."""

    stretches: NDArray[np.int8]
    """(n, m, 6) steps: the windows, and beside each as much of the recording as a faster pace takes"""
    classes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.stretches)


def to_input(windows: NDArray[np.int8]) -> NDArray[np.float32]:
    """Return windows (n, n_steps, 6) as the float network's input: (n, n_steps, 6, 1) in -1 to 1."""
    scaled: NDArray[np.float32] = windows[..., np.newaxis].astype(np.float32) * np.float32(STEP_SCALE)
    return scaled


class WindowBatches:
    """Shuffled, augmented batches, determined by epoch and step. Classes are drawn equally often."""

    def __init__(
        self, steps: StepSet, n_classes: int, *, n_steps: int, batch_size: int, seed: int, min_batches: int
    ) -> None:
        self._set, self._n_classes, self._n_steps = steps, n_classes, n_steps
        self._batch_size, self._seed = min(batch_size, len(steps)), seed
        self._n_batches = max(len(steps) // self._batch_size, min_batches)

    def __len__(self) -> int:
        return self._n_batches

    def order(self, epoch: int) -> NDArray[np.int64]:
        """Return windows of an epoch, (len(self) * batch_size,), its classes balanced."""
        rng = np.random.default_rng((self._seed, epoch))
        n_total = len(self) * self._batch_size
        members = [np.flatnonzero(self._set.classes == index) for index in range(self._n_classes)]
        drawn = [rng.choice(own, -(-n_total // self._n_classes)) for own in members]
        return rng.permutation(np.concatenate(drawn))[:n_total]

    def batch(self, order: NDArray[np.int64], epoch: int, step: int) -> Batch:
        """Return one batch: (batch, n_steps, 6, 1) in -1 to 1, and (batch, n_classes)."""
        rng = np.random.default_rng((self._seed, epoch, step))
        chosen = order[step * self._batch_size : (step + 1) * self._batch_size]
        windows = np.stack([self._augmented(self._set.stretches[i], rng) for i in chosen])
        return windows[..., np.newaxis], one_hot(self._set.classes[chosen], self._n_classes)

    def _augmented(self, stretch: NDArray[np.int8], rng: np.random.Generator) -> NDArray[np.float32]:
        """Return an augmented window, (n_steps, 6), of a stretch."""
        places = np.arange(self._n_steps) * rng.uniform(*_PACE)
        places += rng.uniform(0.0, max(0.0, len(stretch) - 1 - places[-1]))
        places = np.minimum(places, len(stretch) - 1)
        before = np.minimum(places.astype(int), len(stretch) - 2)
        share = (places - before)[:, None]
        steps = (stretch[before] * (1 - share) + stretch[before + 1] * share) * STEP_SCALE
        turn = _turn(np.deg2rad(rng.normal(0.0, _TILT_DEG, 3)))
        gravity = steps[:, :3].mean(axis=0)
        strength = rng.uniform(*_STRENGTH)
        acceleration = (gravity + (steps[:, :3] - gravity) * strength) @ turn.T
        rotation = steps[:, 3:] * strength @ turn.T + rng.normal(0.0, _ROTATION_OFFSET, 3)
        noisy = np.hstack([acceleration, rotation]) + rng.normal(0.0, _NOISE, (self._n_steps, STEP_CHANNELS))
        return np.clip(noisy, -1.0, 127 * STEP_SCALE).astype(np.float32)


def _turn(angles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rotation by an axis and angle, (3, 3). Source: Rodrigues' formula."""
    angle = float(np.linalg.norm(angles))
    x, y, z = angles / max(angle, 1e-12)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turn: NDArray[np.float64] = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    return turn
