"""Motion fed to the board: scores and alarms equal this computer's, and only an imbalance raises an alarm."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from tinyhost.device import Device
from tinyhost.models.file import ModelFile
from tinyhost.motion.score import ONE, alarm_states
from tinyhost.protocol.messages import AlarmState, InferSource
from tinyhost.tasks.anomaly.detector import HostDetector, feed_run
from tinyhost.tasks.listening import summarize_listening

from hil.tests.anomaly.machine import LATEST_S, MeasuredMachine

pytestmark = pytest.mark.apps("anomaly")

START_S = 6.0


@pytest.fixture
def host(default_model: ModelFile) -> HostDetector:
    """The board's anomaly detector, run on this computer."""
    return HostDetector(default_model.image)


@pytest.fixture
def machine(host: HostDetector) -> MeasuredMachine:
    """A machine, measured at the detector's rate."""
    return MeasuredMachine(host.task.motion.rate_hz)


@pytest.fixture
def tidy(device: Device) -> Iterator[Device]:
    """The device; its hysteresis is restored after the test."""
    before = device.settings()["hysteresis"].value
    yield device
    device.set_setting("hysteresis", before)


def test_there_is_room_for_a_window(device: Device, host: HostDetector) -> None:
    assert device.info.sample_bytes >= 2 * 3 * host.task.motion.n_fft


def test_scores_and_alarms_are_this_computers(
    device: Device,
    host: HostDetector,
    machine: MeasuredMachine,
    record_property: Callable[[str, object], None],
) -> None:
    samples = machine.faulty(2 * START_S, start_s=START_S)
    run = feed_run(device, samples, machine.rate_hz)
    expected = host.scores(samples)
    assert run.scores.tolist() == expected.tolist()
    assert run.states.tolist() == alarm_states(expected / ONE, host.task.alarm).tolist()
    cost = summarize_listening(run.results, rate_hz=machine.rate_hz, unit=device.info.tick_unit)
    assert cost is not None
    record_property("listening, of a second", f"{100 * cost.busy_share:.2f} %")


def test_a_window_that_is_sent_has_the_score_that_it_has_in_a_row(
    device: Device, host: HostDetector, machine: MeasuredMachine
) -> None:
    window = machine.faulty(2.0)[: host.task.motion.n_fft]
    assert device.infer(InferSource.SAMPLE, data=window).score == host.scores(window)[0]


@pytest.mark.parametrize("seed", [1, 2])
def test_an_imbalance_raises_one_alarm_soon(device: Device, machine: MeasuredMachine, seed: int) -> None:
    run = feed_run(device, machine.faulty(2 * START_S, start_s=START_S, seed=seed), machine.rate_hz)
    (raised,) = run.raised_at
    assert 0 < raised / machine.rate_hz - START_S < LATEST_S


def test_a_healthy_machine_raises_no_alarm(device: Device, machine: MeasuredMachine) -> None:
    run = feed_run(device, machine.healthy(40.0, seed=3), machine.rate_hz)
    assert len(run.scores) > 100
    assert run.raised_at == []


def test_an_alarm_clears_once_the_score_is_below_the_hysteresis(tidy: Device, machine: MeasuredMachine) -> None:
    samples = np.concatenate([machine.healthy(4.0), machine.faulty(4.0), machine.healthy(6.0)])
    settings = tidy.settings()
    clears_below = settings["threshold"].value - settings["hysteresis"].value
    run = feed_run(tidy, samples, machine.rate_hz)
    assert len(run.raised_at) == 1
    assert run.states[-1] == AlarmState.NORMAL
    clearing = run.scores[run.states == AlarmState.CLEARING]
    assert len(clearing) == settings["clear_windows"].value - 1
    assert (clearing < clears_below).all()
    tidy.set_setting("hysteresis", settings["threshold"].value)  # no score is below 0
    run = feed_run(tidy, samples, machine.rate_hz)
    assert len(run.raised_at) == 1
    assert run.states[-1] == AlarmState.ALARM
