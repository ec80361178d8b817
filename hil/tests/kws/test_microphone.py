"""The microphone: no sample is lost unreported, predictions are those of its samples, and played words are detected."""

from __future__ import annotations

import pytest
from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.compiler import ModelImage
from tinyhost.device import Device, PredictionItem
from tinyhost.models.file import ModelFile
from tinyhost.protocol.messages import StreamId

from hil.tests.kws.sound import HostEars, play
from hil.tests.streams import LONGEST_S, listen, stretches, take

pytestmark = pytest.mark.apps("kws")

N_PREDICTIONS = 10
N_WORDS = 3


@pytest.mark.needs_scene
@pytest.mark.needs_exact_scene
def test_samples_are_the_scenes(device: Device, default_model: ModelFile, scene: str) -> None:
    heard, _ = listen(device, N_PREDICTIONS)
    sound, _ = play(scene, heard[-1].position + len(heard[-1].samples))
    for piece in heard:
        assert (piece.samples[:, 0] == sound[piece.position : piece.position + len(piece.samples)]).all()


def test_predictions_are_of_the_samples_that_are_heard(device: Device, default_model: ModelFile) -> None:
    heard, predictions = listen(device, N_PREDICTIONS)
    host = HostEars(default_model.image)
    n_compared = 0
    for stretch in stretches(heard):
        for item in predictions:
            position = item.prediction.position
            if stretch.position < position <= stretch.end:
                assert item.scores == host.scores(stretch.samples[:, 0], position - stretch.position)
                n_compared += 1
    assert n_compared >= N_PREDICTIONS // 2


@pytest.mark.needs_scene
def test_a_word_that_is_played_is_detected_once(device: Device, default_model: ModelFile, scene: str) -> None:
    labels = ModelImage.parse(default_model.image).labels
    detected: list[tuple[int, str]] = []
    position = 0
    with device.stream(StreamId.PREDICTIONS) as items:
        while len(detected) < N_WORDS:
            (item,) = take(items, 1)
            assert isinstance(item, PredictionItem)
            position = item.prediction.position
            assert position < LONGEST_S * SAMPLE_RATE_HZ, f"{len(detected)} words detected in {LONGEST_S:g} s of sound"
            if item.prediction.detected:
                detected.append((position, labels[item.prediction.top]))
    _, played = play(scene, position)
    begun = [max(word for word in played if word[0] < when) for when, _ in detected]
    assert [word for _, word in detected] == [word for _, word in begun]
    assert len(set(begun)) == N_WORDS, "one word was detected twice"
