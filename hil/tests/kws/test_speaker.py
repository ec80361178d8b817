"""Words from a loudspeaker in front of the microphone: all samples arrive, and the board detects the words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tinyhost.audio.wav import parse_wav
from tinyhost.compiler import ModelImage
from tinyhost.device import Device
from tinyhost.hil.stimuli.stimulus import Stimulus
from tinyhost.models.file import ModelFile

pytestmark = [pytest.mark.apps("kws"), pytest.mark.needs_stimulus]

WORDS = Path(__file__).parents[2] / "scenes" / "words"
LATEST_S = 1.5
"""from the beginning of a clip of a second to the detection of its word"""


@pytest.mark.parametrize("word", ["yes", "no"])
def test_a_word_from_the_loudspeaker_is_detected(
    device: Device,
    default_model: ModelFile,
    stimulus: Stimulus,
    record_property: Callable[[str, object], None],
    word: str,
) -> None:
    clip = parse_wav((WORDS / word / "1.wav").read_bytes(), word).pcm()
    heard = stimulus.play(device, clip)
    labels = ModelImage.parse(default_model.image).labels
    record_property("loudspeaker, level", f"{heard.level:.1f} dB")
    record_property("loudspeaker, mark above all else", f"{heard.mark.snr_db:.1f} dB")
    record_property("loudspeaker, delay", f"{1000 * heard.delay_s:.0f} ms")
    assert heard.lost == 0
    assert heard.mark.clipped == 0
    assert [labels[each.item.prediction.top] for each in heard.detections] == [word]
    found = heard.detections[0]
    assert 0 < found.sound < LATEST_S
    for name in ("sound", "preprocess", "invoke", "total"):
        if (value := getattr(found, name)) is not None:
            record_property(f"sound to detection, {name}", f"{1000 * value:.2f} ms")
