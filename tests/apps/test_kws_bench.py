"""tinyhost bench on the keyword spotter that ships: clips and long sound through the board, as on this computer."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.audio.wav import write_wav
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


def test_clips_that_cannot_be_used_are_counted_told_and_an_error(stations: Stations, tmp_path: Path) -> None:
    station = stations("native", "kws", model=True)
    for label in ("yes", "no"):
        for name in "abcd":
            write_wav(tmp_path / f"set/{label}/{name}.wav", np.zeros(SAMPLE_RATE_HZ, np.int16))
    (tmp_path / "set/no/a.wav").write_bytes((tmp_path / "set/no/b.wav").read_bytes()[:20_000])
    write_wav(tmp_path / "set/yes/d.wav", np.zeros(44_100, np.int16), rate_hz=44_100)
    words = ("bench", "--data", str(tmp_path / "set"), "--samples", "0", "--runs", "1")
    outputs = ("--report", str(tmp_path / "report.html"), "--json", str(tmp_path / "bench.json"))
    done = station.run(*words, *outputs, code=1)
    assert "2 of 8 samples left out (25.0 %)" in done.err
    assert "of 6 clips, on the board; 2 skipped" in done.out
    reasons = [
        "truncated: the header announces 32,000 bytes of samples, but there are 19,956",
        "got 44,100 Hz, mono, 16 bit",
    ]
    skipped = json.loads((tmp_path / "bench.json").read_text())["accuracy"]["skipped"]
    assert [item["what"] for item in skipped] == ["no/a.wav", "yes/d.wav"]
    for reason in reasons:
        assert any(reason in item["reason"] for item in skipped)
        assert reason in " ".join(done.out.split())
        assert reason in (tmp_path / "report.html").read_text()
    accepted = station.run_json(*words, "--allow-skipped")["accuracy"]
    assert (accepted["n"], len(accepted["skipped"])) == (6, 2)


def test_words_in_long_sound_are_found_where_they_are(station: Station, speech: Path) -> None:
    document = station.run_json("bench", "--stream", str(speech / "long.wav"), "--samples", "0", "--runs", "1")
    streaming = document["streaming"]
    truth = [word for word in read_annotations(speech / "long.csv") if word.label in ("yes", "no")]
    assert streaming["n_words"] == len(truth) > 3
    assert streaming["seconds"] == 60
    assert streaming["hits"] >= len(truth) / 2
    assert streaming["false_accepts"] <= 2
    assert 0 <= streaming["median_delay_s"] < 1
