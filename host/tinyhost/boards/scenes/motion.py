"""Scenes of motion: a simulated machine, a hand that makes gestures, or a recording."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.boards.scenes.base import Sampling, SceneOptions
from tinyhost.boards.scenes.messages import SceneSensor
from tinyhost.boards.scenes.spec import SceneSpec
from tinyhost.errors import ConfigError, DatasetError, UsageError
from tinyhost.motion.csv import read_motion_csv
from tinyhost.motion.sensor import LSM9DS1, SENSORS, Accelerometer
from tinyhost.motion.units import UNSTATED_UNITS, MotionUnits
from tinyhost.synth.gestures.dataset import gestures_named
from tinyhost.synth.gestures.sensing import GestureOptions, GestureSource
from tinyhost.synth.machine.faults import FAULTS, Fault
from tinyhost.synth.machine.machine import MAX_RPM, MIN_RPM, Machine, MachineOptions

__all__ = [
    "HandScene",
    "MachineScene",
    "RecordingScene",
    "open_hand",
    "open_machine",
    "open_recording",
    "said_units",
]


def _sampling(sensor: Accelerometer, rate_hz: float, n_channels: int = 3) -> Sampling:
    return Sampling(rate_hz=rate_hz, n_channels=n_channels, scale=1.0 / sensor.counts_per_g)


class MachineScene:
    """A machine that runs as long as somebody measures."""

    sensor = SceneSensor.ACCELEROMETER

    def __init__(self, options: MachineOptions) -> None:
        self._options = options
        self.sampling = _sampling(options.sensor, options.sensor.rate_hz)
        self.description = f"machine at {options.rpm:g} rpm, load {options.load:g}"
        if options.fault != "none":
            self.description += f", {options.fault} {options.severity:g} from {options.start_s:g} s on"
        self.restart()

    @property
    def current_name(self) -> str:
        """The machine's present fault."""
        at_s = self._n_read / self.sampling.rate_hz
        return self._options.fault if at_s >= self._options.start_s else "none"

    def restart(self) -> None:
        """Start the machine again."""
        self._machine = Machine(self._options)
        self._n_read = 0

    def read(self, n_samples: int) -> NDArray[np.int16]:
        """Return the next samples, (n_samples, 3)."""
        self._n_read += n_samples
        return self._machine.read(n_samples)

    def close(self) -> None:
        """Nothing is held open."""


class HandScene:
    """A hand that makes gestures as long as somebody measures."""

    sensor = SceneSensor.ACCELEROMETER

    def __init__(self, options: GestureOptions) -> None:
        self._options = options
        self.sampling = _sampling(options.sensor, options.sensor.rate_hz, 6)
        self.description = f"gestures {', '.join(options.gestures)} of person {options.person}"
        self.restart()

    @property
    def current_name(self) -> str:
        """The present gesture."""
        return self._source.gesture_at(self._n_read / self.sampling.rate_hz)

    def restart(self) -> None:
        """Begin with the first gesture again."""
        self._source = GestureSource(self._options)
        self._n_read = 0

    def read(self, n_samples: int) -> NDArray[np.int16]:
        """Return the next samples, (n_samples, 6)."""
        self._n_read += n_samples
        return self._source.read(n_samples)

    def close(self) -> None:
        """Nothing is held open."""


class RecordingScene:
    """A recording, once or in a loop; after its end the sensor gives no more samples."""

    sensor = SceneSensor.ACCELEROMETER

    def __init__(self, path: Path, units: MotionUnits = UNSTATED_UNITS, *, loops: bool) -> None:
        """Raises ConfigError if the file is no recording."""
        try:
            recording = read_motion_csv(path, units)
        except DatasetError as exc:
            raise ConfigError(f"scene: {exc.message}", hint=exc.hint) from exc
        self._samples = recording.all_counts(LSM9DS1)
        self._loops = loops
        self._next = 0
        self.sampling = _sampling(LSM9DS1, recording.rate_hz, recording.n_channels)
        self.description = str(path)
        self.current_name = path.name

    def restart(self) -> None:
        """Begin with the first sample; a recording that has ended stays silent."""
        if self._loops or self._next < len(self._samples):
            self._next = 0

    def read(self, n_samples: int) -> NDArray[np.int16]:
        """Return the next samples, (n_samples, 3), or (n_samples, 6) with rotation; fewer at the end."""
        indices = np.arange(self._next, self._next + n_samples)
        if self._loops:
            indices %= len(self._samples)
        samples = self._samples[indices[indices < len(self._samples)]]
        self._next += len(samples)
        return samples

    def close(self) -> None:
        """Nothing is held open."""


def open_machine(spec: SceneSpec, options: SceneOptions) -> MachineScene:
    """Return the scene of `machine:FAULT?rpm=600&load=0.5&severity=1&start=0&seed=0&sensor=lsm9ds1`.

    Each part may be left out. Raises ConfigError.
    """
    spec.check_options("rpm", "load", "severity", "start", "seed", "sensor")
    fault = spec.name.partition(":")[2] or "none"
    if fault not in FAULTS:
        raise ConfigError(f"scene {spec.text!r}: no fault {fault!r}", hint=f"there are: {', '.join(FAULTS)}")
    known: Fault = FAULTS[FAULTS.index(fault)]
    try:
        return MachineScene(
            MachineOptions(
                rpm=spec.number("rpm", 600.0, MIN_RPM, MAX_RPM),
                load=spec.number("load", 0.5, 0.0, 1.0),
                fault=known,
                severity=spec.number("severity", 1.0, 0.0, 100.0),
                start_s=spec.number("start", 0.0, 0.0, 1e9),
                seed=spec.integer("seed", 0),
                sensor=_sensor(spec),
            )
        )
    except UsageError as exc:
        raise ConfigError(f"scene {spec.text!r}: {exc.message}", hint=exc.hint) from exc


def open_hand(spec: SceneSpec, options: SceneOptions) -> HandScene:
    """Return the scene of `hand:wave,circle?hold=4&person=0&take=0&sensor=lsm9ds1`; each part may be left out.

    Raises ConfigError.
    """
    spec.check_options("hold", "person", "take", "sensor")
    try:
        return HandScene(
            GestureOptions(
                gestures=gestures_named(spec.name.partition(":")[2] or "wave"),
                hold_s=spec.number("hold", 4.0, 1.0, 3600.0),
                person=spec.integer("person", 0),
                take=spec.integer("take", 0),
                sensor=_sensor(spec),
            )
        )
    except UsageError as exc:
        raise ConfigError(f"scene {spec.text!r}: {exc.message}", hint=exc.hint) from exc


def open_recording(path: Path, spec: SceneSpec) -> RecordingScene:
    """Return the scene of a CSV file: once, or over and over with loop=1; unit=g and time-unit=us as --unit.

    Raises ConfigError.
    """
    spec.check_options("loop", "unit", "time-unit")
    return RecordingScene(path, said_units(spec), loops=spec.flag("loop", False))


def said_units(spec: SceneSpec) -> MotionUnits:
    """Return the units of a recording from a scene's options. Raises ConfigError."""
    try:
        return MotionUnits.of(spec.options.get("unit", ""), spec.options.get("time-unit", ""))
    except UsageError as exc:
        raise ConfigError(f"scene {spec.text!r}: {exc.message}", hint=exc.hint) from exc


def _sensor(spec: SceneSpec) -> Accelerometer:
    return spec.option("sensor", lambda text: SENSORS[_known(text)], LSM9DS1, ", ".join(SENSORS))


def _known(sensor: str) -> str:
    if sensor not in SENSORS:
        raise ValueError(sensor)
    return sensor
