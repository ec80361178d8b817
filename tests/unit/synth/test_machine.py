"""The simulated machine: deterministic, with the physics and the sizes that docs/reference/machine.md states."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.errors import UsageError
from tinyhost.motion.sensor import BMI270, LSM9DS1, STANDARD_GRAVITY
from tinyhost.synth.machine.faults import BPFO_ORDER, FAULTS, Fault
from tinyhost.synth.machine.machine import Machine, MachineOptions

SECONDS = 120
SLIP_AT_HALF_LOAD = 0.985


def _acceleration(options: MachineOptions, seconds: float = SECONDS) -> NDArray[np.float64]:
    samples = Machine(options).read(round(seconds * options.sensor.rate_hz))
    return options.sensor.acceleration(samples)


def _line(acceleration: NDArray[np.float64], order: float, rpm: float = 600.0) -> NDArray[np.float64]:
    """Return the power of each axis within 4 % of an order of the shaft's speed (which itself varies by 1 or 2 %)."""
    spectrum = np.abs(np.fft.rfft(acceleration - acceleration.mean(axis=0), axis=0)) ** 2 * 2 / len(acceleration) ** 2
    frequency = np.fft.rfftfreq(len(acceleration), 1 / LSM9DS1.rate_hz)
    center = order * rpm / 60 * SLIP_AT_HALF_LOAD
    power: NDArray[np.float64] = spectrum[np.abs(frequency - center) < 0.04 * center].sum(axis=0)
    return power


@pytest.mark.parametrize("fault", FAULTS)
def test_the_same_options_give_the_same_samples_however_they_are_read(fault: Fault) -> None:
    options = MachineOptions(fault=fault, start_s=10.0, seed=4)
    machine = Machine(options)
    parts = np.concatenate([machine.read(n) for n in (0, 1, 1023, 1, 2048, 700)])
    np.testing.assert_array_equal(parts, Machine(options).read(len(parts)))
    np.testing.assert_array_equal(parts, np.concatenate(list(Machine(options).blocks(len(parts)))))
    assert not np.array_equal(parts, Machine(MachineOptions(fault=fault, start_s=10.0, seed=5)).read(len(parts)))


@pytest.mark.parametrize("fault", FAULTS[1:])
def test_until_its_start_a_fault_changes_no_sample(fault: Fault) -> None:
    start_s = 15.0
    healthy = Machine(MachineOptions(seed=1)).read(2500)
    faulty = Machine(MachineOptions(seed=1, fault=fault, start_s=start_s)).read(2500)
    first = int(np.ceil(start_s * LSM9DS1.rate_hz))
    np.testing.assert_array_equal(healthy[:first], faulty[:first])
    assert not np.array_equal(healthy[first : first + 30], faulty[first : first + 30])


def test_a_sensor_at_rest_on_a_machine_feels_gravity() -> None:
    mean = _acceleration(MachineOptions()).mean(axis=0)
    assert np.linalg.norm(mean) == pytest.approx(STANDARD_GRAVITY, rel=0.001)
    assert mean[1] > 0.99 * STANDARD_GRAVITY


@pytest.mark.parametrize("fault", ["imbalance", "misalignment", "looseness", "bearing"])
def test_severity_1_makes_the_most_affected_axis_shake_as_documented(fault: Fault) -> None:
    healthy = _acceleration(MachineOptions()).std(axis=0)
    ratio = (_acceleration(MachineOptions(fault=fault)).std(axis=0) / healthy).max()
    assert ratio == pytest.approx(4.0, rel=0.08)
    half = (_acceleration(MachineOptions(fault=fault, severity=0.5)).std(axis=0) / healthy).max()
    assert half == pytest.approx(np.sqrt(1 + 15 / 4), rel=0.12)  # amplitudes are proportional to severity


def test_imbalance_is_radial_once_per_turn_and_grows_with_the_square_of_the_speed() -> None:
    healthy, faulty = _acceleration(MachineOptions()), _acceleration(MachineOptions(fault="imbalance"))
    change = _line(faulty, 1) - _line(healthy, 1)
    assert change[:2].min() > 20 * change[2]
    for order in (2, 3):
        np.testing.assert_allclose(_line(faulty, order), _line(healthy, order), rtol=0.2)
    slow = _line(_acceleration(MachineOptions(fault="imbalance", rpm=400.0)), 1, 400.0)
    # (600 / 400)^4 in power, and the housing's amplification at 9.9 and 6.6 Hz.
    amplification = ((1 - (6.6 / 36) ** 2) / (1 - (9.85 / 36) ** 2)) ** 2
    assert (_line(faulty, 1) / slow)[0] == pytest.approx(1.5**4 * amplification, rel=0.05)


def test_misalignment_is_twice_per_turn_and_the_most_of_it_axial() -> None:
    healthy, faulty = _acceleration(MachineOptions()), _acceleration(MachineOptions(fault="misalignment"))
    change = _line(faulty, 2) - _line(healthy, 2)
    assert change.argmax() == 2
    assert change[2] > 2 * (_line(faulty, 1) - _line(healthy, 1))[2]


def test_looseness_has_harmonics_and_halves() -> None:
    healthy, faulty = _acceleration(MachineOptions()), _acceleration(MachineOptions(fault="looseness"))
    for order in (0.5, 1.5, 2.5, 4):
        assert _line(faulty, order)[1] > 4 * _line(healthy, order)[1], order


def test_an_outer_race_fault_is_at_its_passing_frequency() -> None:
    assert pytest.approx(4 * (1 - 0.2367), abs=0.001) == BPFO_ORDER
    options = {"rpm": 450.0}
    healthy = _acceleration(MachineOptions(**options))  # type: ignore[arg-type]
    faulty = _acceleration(MachineOptions(fault="bearing", **options))  # type: ignore[arg-type]
    change = [(_line(faulty, order, 450.0) - _line(healthy, order, 450.0))[1] for order in (2.6, BPFO_ORDER, 3.5)]
    assert change[1] > 5 * max(change[0], change[2])


def test_a_stuck_sensor_repeats_its_last_good_value() -> None:
    samples = Machine(MachineOptions(fault="stuck", start_s=10.0)).read(3000)
    first = int(np.ceil(10.0 * LSM9DS1.rate_hz))
    assert (samples[first:] == samples[first - 1]).all()
    one_axis = Machine(MachineOptions(fault="stuck", severity=0.3, start_s=10.0)).read(3000)
    assert (one_axis[first:, 0] == one_axis[first - 1, 0]).all()
    assert (np.ptp(one_axis[first:, 1:], axis=0) > 10).all()


def test_load_shakes_more_and_slows_down() -> None:
    idle, full = _acceleration(MachineOptions(load=0.0)), _acceleration(MachineOptions(load=1.0))
    assert (full.std(axis=0) > idle.std(axis=0)).all()
    spectrum = [np.abs(np.fft.rfft(part[:, 0] - part[:, 0].mean())) for part in (idle, full)]
    frequency = np.fft.rfftfreq(len(idle), 1 / LSM9DS1.rate_hz)
    near = (frequency > 9) & (frequency < 11)
    center = [float(np.average(frequency[near], weights=each[near] ** 2)) for each in spectrum]
    assert center[1] / center[0] == pytest.approx(0.97, abs=0.006)


def test_samples_saturate() -> None:
    samples = Machine(MachineOptions(fault="imbalance", severity=100.0, rpm=900.0)).read(2000)
    assert samples.max() == 32767
    assert samples.min() == -32767


def test_the_other_sensor_has_its_own_rate_and_scale() -> None:
    samples = Machine(MachineOptions(sensor=BMI270)).read(6000)
    assert samples[:, 1].mean() == pytest.approx(8192, rel=0.002)
    spectrum = np.abs(np.fft.rfft(samples[:, 0] - samples[:, 0].mean()))
    assert np.fft.rfftfreq(6000, 0.01)[spectrum.argmax()] == pytest.approx(10 * SLIP_AT_HALF_LOAD, rel=0.03)


@pytest.mark.parametrize(
    "change",
    [{"rpm": 0.0}, {"rpm": float("nan")}, {"load": 1.1}, {"severity": -1.0}, {"start_s": -1.0}, {"fault": "x"}],
)
def test_impossible_machines_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        MachineOptions(**change)  # type: ignore[arg-type]
