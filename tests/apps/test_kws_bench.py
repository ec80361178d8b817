"""tinyhost bench on the keyword spotter that ships: clips and long sound through the board, as on this computer."""

from __future__ import annotations

from pathlib import Path

import pytest
from tinyhost.sensors.annotations import read_annotations

from tests.commands import run_tinyhost
from tests.stations import Station, Stations

pytestmark = pytest.mark.firmware


@pytest.fixture(params=["native", "m4"])
def station(request: pytest.FixtureRequest, stations: Stations) -> Station:
    return stations(request.param, "kws", model=True)


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips, and a minute of sound with its truth, from synthetic voices."""
    folder = tmp_path_factory.mktemp("speech")
    for command in (
        ("synth", "speech", folder / "clips", "--words", "yes,no", "--count", "6", "--seed", "5"),
        ("synth", "stream", folder / "long.wav", "--minutes", "1", "--snr", "20", "--seed", "2"),
    ):
        assert run_tinyhost(*command).code == 0
    return folder


def test_clips_are_heard_on_the_board_as_on_this_computer(station: Station, speech: Path) -> None:
    document = station.run_json("bench", "--data", str(speech / "clips"), "--samples", "0", "--runs", "1")
    accuracy = document["accuracy"]
    assert (accuracy["kind"], accuracy["n"]) == ("clips", 24)
    assert accuracy["host"]["mismatches"] == 0
    assert accuracy["top1"] >= 0.75  # of quiet rooms; chance has 0.5


def test_words_in_long_sound_are_found_where_they_are(station: Station, speech: Path) -> None:
    document = station.run_json("bench", "--stream", str(speech / "long.wav"), "--samples", "0", "--runs", "1")
    streaming = document["streaming"]
    truth = [word for word in read_annotations(speech / "long.csv") if word.label in ("yes", "no")]
    assert streaming["n_words"] == len(truth) > 3
    assert streaming["seconds"] == 60
    assert streaming["hits"] >= len(truth) / 2
    assert streaming["false_accepts"] <= 2
    assert 0 <= streaming["median_delay_s"] < 1
