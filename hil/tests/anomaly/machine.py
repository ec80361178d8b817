"""The machine that these tests give a board to measure, and what this computer makes of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tinyhost.motion.sensor import LSM9DS1
from tinyhost.synth.machine.machine import Machine, MachineOptions

__all__ = ["LATEST_S", "RATE_HZ", "faulty", "healthy"]

RATE_HZ = LSM9DS1.rate_hz
LATEST_S = 2.0
"""from the beginning of a fault to its alarm"""


def healthy(seconds: float, *, seed: int = 0) -> NDArray[np.int16]:
    """Return (n, 3) samples of a machine that runs as it should."""
    return Machine(MachineOptions(seed=seed)).read(round(seconds * RATE_HZ))


def faulty(seconds: float, *, start_s: float = 0.0, seed: int = 0) -> NDArray[np.int16]:
    """Return (n, 3) samples of a machine with an imbalance from `start_s` on."""
    options = MachineOptions(fault="imbalance", start_s=start_s, seed=seed)
    return Machine(options).read(round(seconds * RATE_HZ))
