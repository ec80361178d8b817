"""A shaker under the board: the accelerometer gives its burst, and the board scores the motion."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.device import Device
from tinyhost.hil.stimuli.stimulus import Stimulus
from tinyhost.models.file import ModelFile

pytestmark = [pytest.mark.apps("anomaly"), pytest.mark.needs_stimulus]

SECONDS = 3.0
HUM_HZ = 30.0


def test_the_accelerometer_gives_what_the_shaker_does(
    device: Device,
    default_model: ModelFile,
    stimulus: Stimulus,
    record_property: Callable[[str, object], None],
) -> None:
    t = np.arange(round(SECONDS * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    heard = stimulus.play(device, np.rint(8000 * np.sin(2 * np.pi * HUM_HZ * t)).astype(np.int16))
    record_property("shaker, effective", f"{heard.level:.3f} g")
    record_property("shaker, mark above all else", f"{heard.mark.snr_db:.1f} dB")
    assert heard.lost == 0
    assert heard.predictions
    moved = heard.samples[: round(SECONDS * heard.rate_hz), heard.mark.axis].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(moved - moved.mean()))
    strongest_hz = float(np.argmax(spectrum) * heard.rate_hz / len(moved))
    assert strongest_hz == pytest.approx(HUM_HZ, rel=0.06)
