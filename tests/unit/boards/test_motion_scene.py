"""A recording as the scene of a virtual board's accelerometer: its unit, and the samples that the board gets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tinyhost.boards.scenes.motion import RecordingScene
from tinyhost.boards.scenes.opening import open_scene
from tinyhost.boards.scenes.remarks import gaps_in, remarks_on
from tinyhost.errors import ConfigError


@pytest.fixture()
def in_g(tmp_path: Path) -> Path:
    """A recording in g, at 1 kHz, with times in us, of which its header says nothing."""
    rows = "".join(f"{1000 * i},{0.001 * i:.3f},0,1\n" for i in range(50))
    (tmp_path / "g.csv").write_text(f"timestamp,accX,accY,accZ\n{rows}")
    return tmp_path / "g.csv"


def test_a_unit_that_is_said_gives_the_sensors_counts(in_g: Path) -> None:
    scene = open_scene(f"{in_g}?unit=g&time-unit=us")
    assert isinstance(scene, RecordingScene)
    assert scene.sampling.rate_hz == pytest.approx(1000.0)
    np.testing.assert_array_equal(scene.read(3), [[0, 0, 8197], [8, 0, 8197], [16, 0, 8197]])


def test_the_advice_names_an_option_that_there_is(in_g: Path) -> None:
    with pytest.raises(ConfigError, match="median acceleration 1,") as refused:
        open_scene(str(in_g))
    assert "--scene 'FILE?unit=g'" in refused.value.hint


def test_what_is_taken_for_granted_is_reported_before_it_plays(in_g: Path) -> None:
    assert remarks_on(f"{in_g}?unit=g") == (
        "times are assumed to be in us, 1,000 samples per second; otherwise give --time-unit",
    )
    assert remarks_on(f"{in_g}?unit=g&time-unit=us") == remarks_on(str(in_g)) == ()


def test_a_gap_in_a_recording_is_reported_before_it_plays(in_g: Path) -> None:
    lines = in_g.read_text().splitlines(keepends=True)
    in_g.write_text("".join(lines[:11] + lines[31:]))
    scene = f"{in_g}?unit=g&time-unit=us"
    told = "gap: 20 samples missing before sample 10; what follows is played without a pause"
    assert remarks_on(scene) == (told,)
    assert gaps_in(scene) == told


def test_an_unknown_unit_is_refused(in_g: Path) -> None:
    with pytest.raises(ConfigError, match="--unit lb: no such unit"):
        open_scene(f"{in_g}?unit=lb")
