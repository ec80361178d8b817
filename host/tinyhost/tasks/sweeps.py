"""Conditions that samples are exposed to, step by step: those of `tinyhost bench --robustness`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.tasks.findings import digest_of

__all__ = ["Change", "Sweep", "unchanged"]

Change = Callable[[NDArray[Any]], NDArray[Any]]
"""A change to a sample before it is sent to a board."""


def unchanged(sample: NDArray[Any]) -> NDArray[Any]:
    """Return the sample unchanged."""
    return sample


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """One condition in rising strength, in one direction or in two."""

    name: str
    """light, blur, noise, ..."""
    unit: str
    """unit of the steps: `times`, `dB`, ..."""
    about: str
    """what the condition does to a sample"""
    least: Sequence[float] = ()
    """steps away from the unchanged sample, downwards"""
    most: Sequence[float] = ()
    """steps away from it, upwards"""
    apply: Callable[[NDArray[Any], float, np.random.Generator], NDArray[Any]]
    """returns a sample of the same shape and type"""
    is_logarithmic: bool = False
    """steps are factors"""

    @property
    def arms(self) -> tuple[Sequence[float], ...]:
        """The directions, each in rising strength."""
        return tuple(arm for arm in (self.least, self.most) if arm)

    def at(self, step: float) -> Change:
        """Return the change at a step. A sample's noise has the same values at every step, scaled."""

        def change(sample: NDArray[Any]) -> NDArray[Any]:
            changed = self.apply(sample, step, np.random.default_rng(int(digest_of(sample), 16)))
            return np.ascontiguousarray(changed, sample.dtype)

        return change
