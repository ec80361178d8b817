"""The vibrations of a machine's faults; docs/reference/machine.md has the physics and the size of each severity.

An excitation is the acceleration of the machine's body without its structure's resonance, in m/s^2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

__all__ = ["BPFO_ORDER", "FAULTS", "REFERENCE_HZ", "Fault", "Order", "fault_orders", "healthy_orders"]

Fault = Literal["none", "imbalance", "misalignment", "looseness", "bearing", "stuck"]
FAULTS: tuple[Fault, ...] = get_args(Fault)

REFERENCE_HZ = 10.0
"""shaft speed at which sizes are documented: 600 rpm"""
BPFO_ORDER = 3.053
"""outer-race impacts per turn of a 6203 bearing: n/2 (1 - d/D) with n = 8 balls, d/D = 0.2367 (Case Western Reserve
University's Bearing Data Center gives 3.0530 for SKF 6203-2RS)"""

_IMBALANCE = 0.276  # m/s^2 at the reference speed and severity 1
_MISALIGNMENT = 0.086
_LOOSENESS = 0.152
_LIFT = 0.6  # the part of a half turn's lift that the foot's weight takes back


@dataclass(frozen=True, kw_only=True)
class Order:
    """A vibration locked to the shaft: amplitude * cos(order * shaft angle + phase) on each axis."""

    order: float
    amplitude: tuple[float, float, float]
    """m/s^2 in x (radial, horizontal), y (radial, vertical), z (axial), at the reference speed and load 0.5"""
    phase: tuple[float, float, float] = (0.0, 0.0, 0.0)
    speed_exponent: float = 0.0
    load_share: float = 0.0
    """0: the load does not matter; 1: proportional to it"""

    def scale(self, shaft_hz: NDArray[np.float64], load: float) -> NDArray[np.float64]:
        """Return the factor of the amplitude at a speed and load."""
        loaded = 1.0 + self.load_share * (load / 0.5 - 1.0)
        scaled: NDArray[np.float64] = (shaft_hz / REFERENCE_HZ) ** self.speed_exponent * loaded
        return scaled


def healthy_orders() -> list[Order]:
    """Return the vibration that any real machine has: residual imbalance of grade G 2.5 or so, and its coupling's."""
    quarter = np.pi / 2
    return [
        Order(order=1.0, amplitude=(0.047, 0.042, 0.008), phase=(0.0, -quarter, 0.4), speed_exponent=2.0),
        Order(order=2.0, amplitude=(0.014, 0.012, 0.016), phase=(0.7, 1.9, 0.2), load_share=0.5),
        Order(order=3.0, amplitude=(0.010, 0.012, 0.006), phase=(2.1, 0.3, 1.2), load_share=0.7),
    ]


def fault_orders(fault: Fault, severity: float) -> list[Order]:
    """Return the shaft orders that a fault adds; empty for other faults."""
    if fault == "imbalance":
        return [_imbalance(severity * _IMBALANCE)]
    if fault == "misalignment":
        return _misalignment(severity * _MISALIGNMENT)
    if fault == "looseness":
        return _looseness(severity * _LOOSENESS)
    return []


def _imbalance(size: float) -> Order:
    """A rotating force m e omega^2: circular, radial, once per turn, the square of the speed."""
    return Order(
        order=1.0, amplitude=(size, 0.9 * size, 0.1 * size), phase=(0.9, 0.9 - np.pi / 2, 1.0), speed_exponent=2.0
    )


def _misalignment(size: float) -> list[Order]:
    """The coupling is bent twice per turn (parallel offset: radial) and once (angle: axial): a matter of stiffness and
    torque, not of speed."""
    return [
        Order(order=1.0, amplitude=(0.1 * size, 0.1 * size, 0.5 * size), phase=(0.3, 2.0, 0.1), load_share=0.5),
        Order(order=2.0, amplitude=(0.8 * size, 0.7 * size, size), phase=(1.1, 2.6, 0.5), load_share=0.5),
        Order(order=3.0, amplitude=(0.1 * size, 0.1 * size, 0.2 * size), phase=(0.0, 1.0, 2.0), load_share=0.5),
    ]


def _looseness(size: float) -> list[Order]:
    """A foot that lifts once per turn, and higher every second time: a rectified cosine, whose Fourier series has the
    harmonics, and whose alternation has the halves. RMS of the sum is `size` in y."""
    n_points = 2048
    angle = np.linspace(0.0, 4.0 * np.pi, n_points, endpoint=False)  # two turns
    lift = np.maximum(0.0, np.cos(angle) - _LIFT) * (1.0 + 0.5 * np.cos(angle / 2.0))
    series = 2.0 * np.fft.rfft(lift - lift.mean()) / n_points
    series = series[1:25] * size / np.sqrt(np.sum(np.abs(series[1:25]) ** 2) / 2.0)
    return [
        Order(
            order=(k + 1) / 2.0,
            amplitude=(0.4 * abs(term), float(abs(term)), 0.25 * abs(term)),
            phase=(float(np.angle(term)),) * 3,
            speed_exponent=1.0,
        )
        for k, term in enumerate(series)
    ]
