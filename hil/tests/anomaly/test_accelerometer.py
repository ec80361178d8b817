"""The accelerometer: no sample is lost unreported, the scores are those of its samples, and a fault raises an alarm."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.boards.scenes import SampleSource, open_scene
from tinyhost.device import Device, PredictionItem
from tinyhost.models.file import ModelFile
from tinyhost.protocol.messages import StreamId
from tinyhost.tasks.anomaly.detector import HostDetector

from hil.tests.anomaly.machine import LATEST_S
from hil.tests.streams import LONGEST_S, listen, stretches, take

pytestmark = pytest.mark.apps("anomaly")

N_PREDICTIONS = 8


def rate_hz(device: Device) -> float:
    """Return the rate of the board's accelerometer, in samples per second."""
    return device.info.sensor_rate_mhz / 1000


def measure(scene: str, seconds: float) -> tuple[NDArray[np.int16], list[float]]:
    """Return the samples of a scene up to a time, (n, 3), and when the machine had a fault."""
    source = open_scene(scene)
    assert isinstance(source, SampleSource)
    pieces: list[NDArray[np.int16]] = []
    faulty_s: list[float] = []
    for position in range(round(seconds * source.sampling.rate_hz)):
        pieces.append(source.read(1))
        if source.current_name != "none":
            faulty_s.append(position / source.sampling.rate_hz)
    return np.concatenate(pieces), faulty_s


@pytest.mark.needs_scene
@pytest.mark.needs_exact_scene
def test_samples_are_the_scenes(device: Device, default_model: ModelFile, scene: str) -> None:
    measured, _ = listen(device, N_PREDICTIONS)
    motion, _ = measure(scene, (measured[-1].position + len(measured[-1].samples)) / rate_hz(device))
    for piece in measured:
        assert (piece.samples == motion[piece.position : piece.position + len(piece.samples)]).all()


def test_scores_are_of_the_samples_that_are_measured(device: Device, default_model: ModelFile) -> None:
    measured, predictions = listen(device, N_PREDICTIONS)
    host = HostDetector(default_model.image)
    n_compared = 0
    for stretch in stretches(measured):
        scores = host.scores(stretch.samples)
        for item in predictions:
            position = item.prediction.position
            if stretch.position < position <= stretch.end:
                window = (position - stretch.position - host.task.motion.n_fft) // host.task.motion.hop
                assert item.prediction.score == scores[window]
                n_compared += 1
    assert n_compared >= N_PREDICTIONS // 2


@pytest.mark.needs_scene
def test_the_alarm_is_raised_soon_after_the_machine_fails(device: Device, default_model: ModelFile, scene: str) -> None:
    raised_s = 0.0
    with device.stream(StreamId.PREDICTIONS) as items:
        while not raised_s:
            (item,) = take(items, 1)
            assert isinstance(item, PredictionItem)
            assert item.prediction.position < LONGEST_S * rate_hz(device), f"no alarm in {LONGEST_S:g} s"
            if item.prediction.detected:
                raised_s = item.prediction.position / rate_hz(device)
    _, faulty_s = measure(scene, raised_s)
    assert 0 < raised_s - faulty_s[0] < LATEST_S
