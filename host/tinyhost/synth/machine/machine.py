"""A simulated rotating machine with an accelerometer on its bearing housing: seeded, as long as one likes.

The machine is a rigid body on soft mounts, so a force F at the shaft moves it with F / mass; the housing that carries
the sensor is a second-order system on top of it, one resonance per axis, and the sensor low-passes before it samples.
So the sample at time t is

    gravity + sum over orders of |G(f)| a cos(order * angle(t) + phase + arg G(f)) + noise,   G = resonance * low-pass

with f = order * shaft speed. What lies above half of the sampling rate is aliased, as in the real sensor: the machine
is slow (300 to 900 rpm), so that little does. docs/reference/machine.md has the physics of the faults, and sources.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost.errors import UsageError
from tinyhost.motion.sensor import LSM9DS1, STANDARD_GRAVITY, Accelerometer
from tinyhost.synth.machine.bearing import OuterRace, Ring
from tinyhost.synth.machine.faults import FAULTS, REFERENCE_HZ, Fault, Order, fault_orders, healthy_orders

__all__ = ["MAX_RPM", "MIN_RPM", "Machine", "MachineOptions", "fault_named"]

MIN_RPM, MAX_RPM = 60.0, 1500.0
BLOCK_SAMPLES = 1024
_RESONANCES = ((36.0, 0.07), (42.0, 0.06), (31.0, 0.08))  # Hz and damping ratio of the housing in x, y, z
_NOISE = (0.018, 0.016, 0.012)  # m/s^2 RMS of the process' broadband force at the reference speed and load 0.5
_NOISE_TAPS = 128
_SLIP = 0.03  # speed that full load costs an induction motor
_SPEED_VARIATION = 0.004  # amplitude of each of the waves below
_SPEED_PERIODS_S = (6.0, 60.0)
_N_SPEED_WAVES = 4
_IMPACT = 0.516
"""m/s^2 in y: the housing's first swing after an outer-race impact at severity 1, reference speed, load 0.5"""
_IMPACT_AXES = (0.45, 1.0, 0.25)  # the load zone is below the shaft


@dataclass(frozen=True, kw_only=True)
class MachineOptions:
    """The machine's operation and its fault."""

    rpm: float = 600.0
    """speed without load"""
    load: float = 0.5
    """0 (idle) to 1 (full)"""
    fault: Fault = "none"
    severity: float = 1.0
    """relative amplitude of the fault; 1.0 is the size in docs/reference/machine.md"""
    start_s: float = 0.0
    """when the fault begins"""
    seed: int = 0
    """of noise and of speed variation"""
    sensor: Accelerometer = LSM9DS1

    def __post_init__(self) -> None:
        """Raise UsageError for impossible values."""
        for name, value, low, high in (
            ("rpm", self.rpm, MIN_RPM, MAX_RPM),
            ("load", self.load, 0.0, 1.0),
            ("severity", self.severity, 0.0, 100.0),
            ("start_s", self.start_s, 0.0, 1e9),
            ("seed", self.seed, 0, 2**63),
        ):
            if not low <= value <= high:
                raise UsageError(f"machine: {name} is {value}, expected {low:g} to {high:g}")
        fault_named(self.fault)


def fault_named(name: str) -> Fault:
    """Return the fault of that name. Raises UsageError if there is none."""
    for fault in FAULTS:
        if fault == name:
            return fault
    raise UsageError(f"no fault {name!r}", hint=f"there are: {', '.join(FAULTS)}")


class Machine:
    """A running machine. The same options give the same samples, in whatever blocks they are read."""

    def __init__(self, options: MachineOptions) -> None:
        self.options = options
        self._blocks = self._endless()
        self._rest: NDArray[np.int16] = np.zeros((0, 3), np.int16)

    def read(self, n_samples: int) -> NDArray[np.int16]:
        """Return the next samples, (n_samples, 3) counts."""
        parts, n_left = [], n_samples
        while n_left > 0:
            if not len(self._rest):
                self._rest = next(self._blocks)
            parts.append(self._rest[:n_left])
            self._rest = self._rest[n_left:]
            n_left -= len(parts[-1])
        return np.concatenate(parts) if parts else np.zeros((0, 3), np.int16)

    def blocks(self, n_samples: int) -> Iterator[NDArray[np.int16]]:
        """Yield the next n_samples in blocks."""
        while n_samples > 0:
            block = self.read(min(n_samples, BLOCK_SAMPLES))
            yield block
            n_samples -= len(block)

    def _endless(self) -> Iterator[NDArray[np.int16]]:
        run = _Run(self.options)
        first = 0
        while True:
            yield run.block(first)
            first += BLOCK_SAMPLES


class _Run:
    """Computes block by block; noise, ringing and a stuck sensor's last value continue across blocks."""

    def __init__(self, options: MachineOptions) -> None:
        self._options = options
        self._sensor = options.sensor
        self._rng = np.random.default_rng(options.seed)
        self._shaft_hz = options.rpm / 60.0 * (1.0 - _SLIP * options.load)
        self._periods_s = self._rng.uniform(*_SPEED_PERIODS_S, _N_SPEED_WAVES)
        self._phases = self._rng.uniform(0.0, 2.0 * np.pi, _N_SPEED_WAVES)
        self._first_faulty = int(np.ceil(options.start_s * self._sensor.rate_hz))
        self._gravity = STANDARD_GRAVITY * _direction(tilt_x=0.035, tilt_z=-0.02)
        self._noise_filters = [self._noise_filter(axis) for axis in range(3)]
        self._white = self._rng.standard_normal((_NOISE_TAPS - 1, 3))
        own = np.random.default_rng([options.seed, 1])  # so that a fault changes no noise
        self._outer_race = OuterRace([self._ring(axis) for axis in range(3)], own)
        self._stuck_at: NDArray[np.int16] | None = None

    def block(self, first: int) -> NDArray[np.int16]:
        """Return samples [first, first + BLOCK_SAMPLES)."""
        options, index = self._options, np.arange(first, first + BLOCK_SAMPLES)
        time_s = index / self._sensor.rate_hz
        faulty = index >= self._first_faulty
        angle, shaft_hz = self._turn(time_s)
        acceleration = self._gravity + self._noise()
        for order in healthy_orders():
            acceleration += self._respond(order, angle, shaft_hz)
        if faulty.any():
            for order in fault_orders(options.fault, options.severity):
                acceleration += faulty[:, None] * self._respond(order, angle, shaft_hz)
        if options.fault == "bearing":
            acceleration += self._impacts(first)
        counts = self._sensor.counts(acceleration)
        return self._stick(counts, faulty) if options.fault == "stuck" else counts

    def _turn(self, time_s: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the shaft's angle in rad and its speed in Hz: slow waves around the mean, integrated exactly."""
        rate = 2.0 * np.pi / self._periods_s
        waves = rate * time_s[:, None] + self._phases
        speed = 1.0 + _SPEED_VARIATION * np.sin(waves).sum(axis=1)
        lead = _SPEED_VARIATION * ((np.cos(self._phases) - np.cos(waves)) / rate).sum(axis=1)
        return 2.0 * np.pi * self._shaft_hz * (time_s + lead), self._shaft_hz * speed

    def _respond(self, order: Order, angle: NDArray[np.float64], shaft_hz: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (n, 3) m/s^2 of an order, filtered by the housing and the sensor."""
        size = order.scale(shaft_hz, self._options.load)
        columns = []
        for axis in range(3):
            gain = self._gain(axis, order.order * shaft_hz)
            rotor = np.exp(1j * (order.order * angle + order.phase[axis]))
            columns.append(order.amplitude[axis] * size * (gain * rotor).real)
        return np.stack(columns, axis=1)

    def _gain(self, axis: int, frequency_hz: NDArray[np.float64]) -> NDArray[np.complex128]:
        """Return the complex gain from the body's acceleration to the sample: transmissibility times low-pass."""
        resonance_hz, damping = _RESONANCES[axis]
        ratio = frequency_hz / resonance_hz
        damper = 2j * damping * ratio
        gain: NDArray[np.complex128] = (1.0 + damper) / (1.0 - ratio**2 + damper) * self._sensor.response(frequency_hz)
        return gain

    def _noise_filter(self, axis: int) -> NDArray[np.float64]:
        """Return the taps that give white noise the spectrum and size of the process' noise."""
        frequency_hz = np.linspace(0.0, self._sensor.rate_hz / 2.0, _NOISE_TAPS // 2 + 1)
        taps = np.fft.irfft(np.abs(self._gain(axis, frequency_hz)))
        load_and_speed = (0.4 + 1.2 * self._options.load) * self._shaft_hz / REFERENCE_HZ
        rolled: NDArray[np.float64] = np.roll(taps, _NOISE_TAPS // 2) * np.hanning(_NOISE_TAPS + 1)[:-1]
        return rolled * _NOISE[axis] * load_and_speed

    def _noise(self) -> NDArray[np.float64]:
        """Return (BLOCK_SAMPLES, 3) m/s^2: the process' noise and the sensor's own."""
        white = np.concatenate([self._white, self._rng.standard_normal((BLOCK_SAMPLES, 3))])
        self._white = white[BLOCK_SAMPLES:]
        process = [np.convolve(white[:, axis], self._noise_filters[axis], "valid") for axis in range(3)]
        own = self._rng.standard_normal((BLOCK_SAMPLES, 3)) * (self._sensor.noise_g * STANDARD_GRAVITY)
        noise: NDArray[np.float64] = np.stack(process, axis=1) + own
        return noise

    def _impacts(self, first: int) -> NDArray[np.float64]:
        time_s = np.arange(first - 1, first + BLOCK_SAMPLES) / self._sensor.rate_hz
        return self._outer_race.block(time_s, self._turn(time_s)[0], self._options.start_s)

    def _ring(self, axis: int) -> Ring:
        """Return the housing's response to an impact, which grows with speed (momentum) and load (contact force)."""
        options, (resonance_hz, damping) = self._options, _RESONANCES[axis]
        passed = float(np.abs(self._sensor.response(np.array(resonance_hz))))
        strength = _IMPACT * options.severity * self._shaft_hz / REFERENCE_HZ * (0.5 + options.load)
        return Ring(resonance_hz=resonance_hz, damping=damping, gain=_IMPACT_AXES[axis] * strength * passed)

    def _stick(self, counts: NDArray[np.int16], faulty: NDArray[np.bool_]) -> NDArray[np.int16]:
        """Return samples in which some axes are stuck at their last good value."""
        if faulty.any():
            if self._stuck_at is None:
                self._stuck_at = counts[max(int(np.argmax(faulty)) - 1, 0)].copy()
            n_axes = min(3, int(np.ceil(3.0 * self._options.severity)))
            counts[faulty, :n_axes] = self._stuck_at[:n_axes]
        return counts


def _direction(*, tilt_x: float, tilt_z: float) -> NDArray[np.float64]:
    """Return the unit vector that a sensor at rest shows: y up, but for the mounting's tilts, in rad."""
    return np.array([np.sin(tilt_x), np.sqrt(1.0 - np.sin(tilt_x) ** 2 - np.sin(tilt_z) ** 2), np.sin(tilt_z)])
