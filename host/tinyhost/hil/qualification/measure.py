"""Measurement of a rig's figures: the golden model's output, the link's errors, the golden stimuli."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.models.file import ModelFile
from tinyhost.models.fits import operators_of
from tinyhost.models.push import push_image
from tinyhost.models.reference import HostReference
from tinyhost.models.summary import summarize
from tinyhost.protocol.messages import InferSource
from tinyhost.protocol.pattern import pattern_bytes

if TYPE_CHECKING:
    from tinyhost.device import Device
    from tinyhost.hil.stimuli.stimulus import Stimulus

__all__ = ["golden_answer", "link_figures", "sharpness", "stimulus_figures"]

SEED = 20_261_129
_LINK_BYTES = 65_536
_CARD = 96


def golden_answer(device: Device, model: ModelFile) -> tuple[bytes, bytes]:
    """Return a board's output for a golden pattern by the shipped model, and the expected one."""
    push_image(device, model.image_for(device.engine, operators_of(device)))
    got = device.infer(InferSource.PATTERN, seed=SEED).output
    n_input_bytes = summarize(model.image).input.n_bytes
    return got, HostReference(model.image).run(pattern_bytes(SEED, n_input_bytes))


def link_figures(device: Device) -> dict[str, float]:
    """Return the link's errors over a fixed number of bytes each way."""
    before = device.link_stats
    device.measure_link(_LINK_BYTES)
    after = device.link_stats
    return {"link_errors": float(after.bad_frames - before.bad_frames + after.reconnects - before.reconnects)}


def stimulus_figures(device: Device, stimulus: Stimulus, sensor: str) -> dict[str, float]:
    """Return the figures of a golden stimulus in the sensor's data.

    sensor: of the board's app. Raises StimulusError if it does not arrive.
    """
    if sensor == "camera":
        seen = stimulus.show(device, np.full((_CARD, _CARD), 128, np.uint8))
        mark = seen.mark
        return {
            "black": mark.black,
            "white": mark.white,
            "contrast": mark.contrast,
            "edge": sharpness(seen.frame, mark.contrast),
        }
    heard = stimulus.play(device, np.zeros(SAMPLE_RATE_HZ // 10, np.int16), pause_s=0.1)
    figures = {"delay": heard.delay_s, "snr_db": heard.mark.snr_db, "clipped": float(heard.mark.clipped)}
    return {**figures, ("level_db" if sensor == "microphone" else "vibration"): heard.level}


def sharpness(frame: NDArray[np.uint8], contrast: float) -> float:
    """Return the width in pixels over which the mark's first white cell becomes black: 1 in focus, more without.

    frame: (h, w) with a mark.
    """
    height, width = frame.shape
    rows, columns = frame[height // 48 : height // 16], slice(width // 24, width // 8)
    steps = np.abs(np.diff(rows[:, columns].astype(np.float64).mean(axis=0)))
    return contrast / max(float(steps.max()), 1.0)
