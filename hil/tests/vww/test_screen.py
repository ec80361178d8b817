"""Pictures on a screen in front of the camera: the model gets the shown picture, and its prediction is right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.device import Device
from tinyhost.hil.stimuli.stimulus import Stimulus
from tinyhost.models.file import ModelFile
from tinyhost.models.reference import HostReference, preprocess
from tinyhost.models.summary import summarize
from tinyhost.sensors.picture_file import read_picture
from tinyhost.sensors.sync_markers.border import inside

pytestmark = [pytest.mark.apps("vww"), pytest.mark.needs_stimulus]

CARDS = Path(__file__).parents[2] / "scenes" / "cards"
LIKE = 0.7
"""correlation of what is shown with the frame of it, by a camera that looks at a screen"""
N_LATENCIES = 5


def cards() -> list[NDArray[np.uint8]]:
    """Return the test cards except the one of noise, which a lens blurs."""
    return [read_picture(path) for path in sorted(CARDS.glob("*.png")) if "noise" not in path.name]


def test_the_model_gets_what_the_screen_shows(
    device: Device, default_model: ModelFile, stimulus: Stimulus, record_property: Callable[[str, object], None]
) -> None:
    model = summarize(default_model.image)
    reference = HostReference(default_model.image)
    contrasts = []
    for card in cards():
        seen = stimulus.show(device, card)
        rows = inside(card.shape)
        assert card.shape == seen.frame.shape
        assert np.corrcoef(card[rows].ravel(), seen.frame[rows].ravel())[0, 1] > LIKE
        assert seen.inference.output == reference.run(preprocess(seen.frame, model))
        contrasts.append(seen.mark.contrast)
    record_property("contrast of the screen, grey levels", f"{min(contrasts):.0f}")


def test_how_long_it_takes_from_light_to_prediction(
    device: Device, default_model: ModelFile, stimulus: Stimulus, record_property: Callable[[str, object], None]
) -> None:
    stages = [stimulus.photon_to_prediction(device, card) for card in (cards() * N_LATENCIES)[:N_LATENCIES]]
    for name in ("total", "around", "capture", "preprocess", "invoke"):
        values = [getattr(each, name) for each in stages]
        if None not in values:
            record_property(f"light to prediction, {name}", f"{1000 * median(values):.2f} ms")
    assert all(each.total > 0 for each in stages)
