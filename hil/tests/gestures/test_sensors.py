"""Accelerometer and gyroscope: no sample is lost unreported, and the scores are those of their samples."""

from __future__ import annotations

import numpy as np
import pytest
from tinyhost.boards.scenes import SampleSource, open_scene
from tinyhost.device import Device
from tinyhost.models.file import ModelFile
from tinyhost.models.reference import HostReference
from tinyhost.models.summary import summarize
from tinyhost.motion.steps import steps_of
from tinyhost.tasks.gestures.windows import gesture_params

from hil.tests.streams import listen, stretches

pytestmark = pytest.mark.apps("gestures")

N_PREDICTIONS = 8


def test_a_sample_has_acceleration_and_rotation(device: Device) -> None:
    assert device.info.sensor_channels == 6


@pytest.mark.needs_scene
@pytest.mark.needs_exact_scene
def test_samples_are_the_scenes(device: Device, default_model: ModelFile, scene: str) -> None:
    measured, _ = listen(device, N_PREDICTIONS)
    source = open_scene(scene)
    assert isinstance(source, SampleSource)
    motion = source.read(measured[-1].position + len(measured[-1].samples))
    for piece in measured:
        assert (piece.samples == motion[piece.position : piece.position + len(piece.samples)]).all()


def test_scores_are_of_the_samples_that_are_measured(device: Device, default_model: ModelFile) -> None:
    measured, predictions = listen(device, N_PREDICTIONS)
    params = gesture_params(default_model.image, summarize(default_model.image))
    host, rate_hz = HostReference(default_model.image), device.info.sensor_rate_mhz / 1000
    n_compared = 0
    for stretch in stretches(measured):
        steps = steps_of(stretch.samples, rate_hz, params.step_mhz / 1000)
        for item in predictions:
            position = item.prediction.position
            if stretch.position < position <= stretch.end:
                last = round((position - stretch.position) * params.step_mhz / 1000 / rate_hz)
                window = np.ascontiguousarray(steps[last - params.n_steps : last])
                assert np.array(item.scores, np.int8).tobytes() == host.run(window.tobytes())
                n_compared += 1
    assert n_compared >= N_PREDICTIONS // 2
