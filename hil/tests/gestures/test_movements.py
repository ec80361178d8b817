"""Movements fed to the board: steps and scores equal this computer's; gestures are detected, and rest is not."""

from __future__ import annotations

import numpy as np
import pytest
from tinyhost.device import Device
from tinyhost.models.file import ModelFile
from tinyhost.models.reference import HostReference
from tinyhost.models.summary import ModelSummary, summarize
from tinyhost.motion.steps import step_window, steps_of, window_moments
from tinyhost.protocol.messages import InferSource
from tinyhost.synth.gestures.hand import GESTURES, SILENT, Gesture
from tinyhost.tasks.gestures.windows import gesture_params

from hil.tests.gestures.hands import PERSON, make

pytestmark = pytest.mark.apps("gestures")

RATE_HZ = 119.0
TOLD: tuple[Gesture, ...] = tuple(gesture for gesture in GESTURES if gesture not in SILENT)


@pytest.fixture
def model(default_model: ModelFile) -> ModelSummary:
    """The board's model."""
    return summarize(default_model.image)


def told(device: Device, model: ModelSummary, *gestures: Gesture, seconds: float, person: int = PERSON) -> list[str]:
    """Return the gestures that the board detects, in order."""
    samples = make(*gestures, rate_hz=RATE_HZ, seconds=seconds, person=person)
    results = list(device.feed([samples], rate_hz=RATE_HZ))
    return [model.labels[item.prediction.top] for item in results if item.prediction.detected]


@pytest.mark.parametrize("rate_hz", [119.0, 100.0])
def test_scores_of_a_window_are_this_computers(device: Device, default_model: ModelFile, rate_hz: float) -> None:
    params = gesture_params(default_model.image, summarize(default_model.image))
    n = window_moments(params.n_steps, rate_hz, params.step_mhz / 1000)
    assert device.info.sample_bytes >= 12 * n
    host = HostReference(default_model.image)
    for gesture in GESTURES:
        window = make(gesture, rate_hz=rate_hz, seconds=4.0)[:n]
        expected = host.run(step_window(window, params.n_steps).tobytes())
        assert device.infer(InferSource.SAMPLE, data=window).output == expected


def test_scores_of_a_stream_are_this_computers(device: Device, default_model: ModelFile) -> None:
    params = gesture_params(default_model.image, summarize(default_model.image))
    samples = make("wave", "other", rate_hz=RATE_HZ, seconds=8.0)
    steps = steps_of(samples, RATE_HZ, params.step_mhz / 1000)
    host = HostReference(default_model.image)
    results = list(device.feed([samples], rate_hz=RATE_HZ))
    assert len(results) > 20
    for item in results:
        last = round(item.prediction.position * params.step_mhz / 1000 / RATE_HZ)
        window = np.ascontiguousarray(steps[last - params.n_steps : last])
        assert np.array(item.scores, np.int8).tobytes() == host.run(window.tobytes())


@pytest.mark.parametrize("gesture", TOLD)
def test_a_gesture_is_reported(device: Device, model: ModelSummary, gesture: Gesture) -> None:
    heard = told(device, model, gesture, seconds=6.0)
    assert heard
    assert set(heard) == {gesture}


def test_a_still_hand_makes_no_gesture(device: Device, model: ModelSummary) -> None:
    assert told(device, model, "still", seconds=20.0) == []
