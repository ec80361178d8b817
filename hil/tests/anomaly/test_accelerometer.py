"""What the accelerometer measures: every sample of the scene or its loss told, and the alarm when the machine fails."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.boards.scenes import SampleSource, open_scene
from tinyhost.device import Device, PredictionItem
from tinyhost.models.file import ModelFile
from tinyhost.protocol.messages import StreamId
from tinyhost.tasks.anomaly.detector import HostDetector

from hil.tests.anomaly.machine import LATEST_S, RATE_HZ
from hil.tests.streams import LONGEST_S, listen, stretches, take

pytestmark = [pytest.mark.apps("anomaly"), pytest.mark.needs_scene]

N_PREDICTIONS = 8


def measure(scene: str, n_samples: int) -> tuple[NDArray[np.int16], int]:
    """Return the first samples of a scene, (n, 3), and the position from which on the machine is faulty, if in them."""
    source = open_scene(scene)
    assert isinstance(source, SampleSource)
    pieces: list[NDArray[np.int16]] = []
    begin = n_samples
    for position in range(n_samples):
        pieces.append(source.read(1))
        if source.current_name != "none":
            begin = min(begin, position)
    return np.concatenate(pieces), begin


def test_samples_are_the_scenes_and_scores_are_of_these_samples(
    device: Device, default_model: ModelFile, scene: str
) -> None:
    measured, predictions = listen(device, N_PREDICTIONS)
    motion, _ = measure(scene, measured[-1].position + len(measured[-1].samples))
    for piece in measured:
        assert (piece.samples == motion[piece.position : piece.position + len(piece.samples)]).all()
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


def test_the_alarm_is_raised_soon_after_the_machine_fails(device: Device, default_model: ModelFile, scene: str) -> None:
    raised_at = 0
    with device.stream(StreamId.PREDICTIONS) as items:
        while not raised_at:
            (item,) = take(items, 1)
            assert isinstance(item, PredictionItem)
            assert item.prediction.position < LONGEST_S * RATE_HZ, f"no alarm in {LONGEST_S:g} s"
            if item.prediction.detected:
                raised_at = item.prediction.position
    _, begin = measure(scene, raised_at)
    assert 0 < (raised_at - begin) / RATE_HZ < LATEST_S
