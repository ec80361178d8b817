"""Sound fed to the board: features, scores and detected words equal this computer's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from tinyhost.audio.keywords import CLIP_SAMPLES
from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.compiler import ModelImage
from tinyhost.device import Device, FedResult
from tinyhost.models.file import ModelFile
from tinyhost.protocol.messages import InferSource
from tinyhost.tasks.listening import measure_listening

from hil.tests.kws.sound import WORDS, HostEars, play

pytestmark = pytest.mark.apps("kws")

SECONDS = 6
LATEST_S = 1.2
"""from the beginning of a word to its detection: its length, and the time over which scores are averaged"""


def words_of(results: list[FedResult], model: ModelFile) -> list[tuple[int, str]]:
    """Return the detected words and their positions."""
    labels = ModelImage.parse(model.image).labels
    return [(each.prediction.position, labels[each.prediction.top]) for each in results if each.prediction.detected]


def test_there_is_room_for_a_clip_of_a_second(device: Device) -> None:
    assert device.info.sample_bytes >= 2 * CLIP_SAMPLES


def test_sound_gives_the_scores_that_this_computer_computes(device: Device, default_model: ModelFile) -> None:
    sound, _ = play(WORDS, 3 * SAMPLE_RATE_HZ)
    host = HostEars(default_model.image)
    results = list(device.feed([sound], rate_hz=SAMPLE_RATE_HZ))
    assert len(results) >= 10
    for result in results:
        assert result.scores == host.scores(sound, result.prediction.position)


@pytest.mark.parametrize("second", [0, 1, 2])
def test_a_clip_becomes_the_input_and_the_scores_that_it_does_on_this_computer(
    device: Device, default_model: ModelFile, second: int
) -> None:
    sound, _ = play(WORDS, 3 * SAMPLE_RATE_HZ)
    clip = sound[second * CLIP_SAMPLES : (second + 1) * CLIP_SAMPLES]
    host = HostEars(default_model.image)
    end = CLIP_SAMPLES - (CLIP_SAMPLES - host.config.window_samples) % host.config.stride_samples
    assert device.prepared_input(InferSource.SAMPLE, data=clip) == host.input_of(clip, end)
    output = device.infer(InferSource.SAMPLE, data=clip).output
    assert tuple(np.frombuffer(output, np.int8)) == host.scores(clip, end)


def test_each_word_is_detected_once(device: Device, default_model: ModelFile) -> None:
    sound, played = play(WORDS, SECONDS * SAMPLE_RATE_HZ)
    detected = words_of(list(device.feed([sound], rate_hz=SAMPLE_RATE_HZ)), default_model)
    assert {word for _, word in played} == {"yes", "no"}
    assert [word for _, word in detected] == [word for _, word in played]
    for (begin, word), (position, _) in zip(played, detected, strict=True):
        assert 0 < (position - begin) / SAMPLE_RATE_HZ < LATEST_S, word


@pytest.mark.parametrize("amplitude", [0, 100])
def test_silence_and_faint_noise_are_no_word(device: Device, default_model: ModelFile, amplitude: int) -> None:
    noise = np.random.default_rng(1).integers(-amplitude, amplitude + 1, 4 * SAMPLE_RATE_HZ).astype(np.int16)
    results = list(device.feed([noise], rate_hz=SAMPLE_RATE_HZ))
    assert results
    assert words_of(results, default_model) == []


def test_the_board_can_listen_all_the_time(
    device: Device, default_model: ModelFile, record_property: Callable[[str, object], None]
) -> None:
    cost = measure_listening(device)
    assert cost is not None
    record_property("listening, one stride", f"{cost.per_stride.median:,} {device.info.tick_unit}")
    record_property("listening, of a second", f"{100 * cost.busy_share:.1f} %")
    assert cost.strides_per_s == pytest.approx(50, abs=1)
    assert cost.per_s > 0
