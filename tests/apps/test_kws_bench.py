"""tinyhost bench on the keyword spotter that ships: clips and long sound through the board, as on this computer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tinyhost.sensors.annotations import read_annotations

from tests.apps.conftest import Station
from tests.json_docs import check_document

pytestmark = pytest.mark.firmware


@pytest.fixture(scope="module", params=["native", "m4"])
def station(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Station:
    """A board with the app and the model that ships with it."""
    station = Station(kind=request.param, state=tmp_path_factory.mktemp(f"kws-bench-{request.param}"))
    station.run("flash", "kws")
    return station


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips, and a minute of sound with its truth, from synthetic voices."""
    folder = tmp_path_factory.mktemp("speech")
    here = Station(kind="native", state=folder / "state")
    for command in (
        ("synth", "speech", str(folder / "clips"), "--words", "yes,no", "--count", "6", "--seed", "5"),
        ("synth", "stream", str(folder / "long.wav"), "--minutes", "1", "--snr", "20", "--seed", "2"),
    ):
        here.run_anywhere(*command)
    return folder


def test_clips_are_heard_on_the_board_as_on_this_computer(station: Station, speech: Path) -> None:
    out = station.run("bench", "--data", str(speech / "clips"), "--samples", "0", "--runs", "1", "--json", "-")
    document = json.loads(out)
    check_document(document)
    accuracy = document["accuracy"]
    assert (accuracy["kind"], accuracy["n"]) == ("clips", 24)
    assert accuracy["host"]["mismatches"] == 0
    assert accuracy["top1"] >= 0.75  # of quiet rooms; chance has 0.5


def test_words_in_long_sound_are_found_where_they_are(station: Station, speech: Path) -> None:
    out = station.run("bench", "--stream", str(speech / "long.wav"), "--samples", "0", "--runs", "1", "--json", "-")
    document = json.loads(out)
    check_document(document)
    streaming = document["streaming"]
    truth = [word for word in read_annotations(speech / "long.csv") if word.label in ("yes", "no")]
    assert streaming["n_words"] == len(truth) > 3
    assert streaming["seconds"] == 60
    assert streaming["hits"] >= len(truth) / 2
    assert streaming["false_accepts"] <= 2
    assert 0 <= streaming["median_delay_s"] < 1
