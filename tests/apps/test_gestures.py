"""Gestures from the hand through the board to a data set and to figures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.motion.csv import read_motion_csv, write_motion_csv
from tinyhost.motion.sensor import SENSORS
from tinyhost.synth.gestures.hand import Gesture
from tinyhost.synth.gestures.sensing import GestureOptions, GestureSource

from tests.stations import Station, Stations

pytestmark = pytest.mark.firmware

PERSON = 77_777


@pytest.fixture
def station(stations: Stations) -> Station:
    return stations("native", "gestures", model=True)


def hand(sensor: str, seconds: float) -> NDArray[np.int16]:
    options = GestureOptions(gestures=("wave", "circle"), hold_s=1.5, person=PERSON, sensor=SENSORS[sensor])
    return GestureSource(options).read(round(seconds * SENSORS[sensor].rate_hz))


def test_six_channels_are_captured_as_the_scene_has_them(station: Station, tmp_path: Path) -> None:
    scene = f"hand:wave,circle?hold=1.5&person={PERSON}"
    said = ("--label", "wave", "--seconds", "1", "--data", str(tmp_path), "--scene", scene)
    station.run("capture", "--sensor", "imu", *said)
    (file,) = tmp_path.glob("wave/*.csv")
    recording = read_motion_csv(file)
    line = json.loads((tmp_path / "manifest.jsonl").read_text())
    assert (line["n_channels"], line["sensor"], line["scene_item"]) == (6, "accelerometer", "wave")
    counts = recording.all_counts()
    np.testing.assert_array_equal(counts, hand("lsm9ds1", 2.0)[: len(counts)])


def test_a_benchmark_classifies_windows_of_either_rate_as_this_computer_does(station: Station, tmp_path: Path) -> None:
    for sensor in SENSORS.values():
        labels: dict[str, Gesture] = {"wave": "wave", "circle": "circle", "unknown": "other"}
        for label, gesture in labels.items():
            folder = tmp_path / "set" / label
            folder.mkdir(parents=True, exist_ok=True)
            options = GestureOptions(gestures=(gesture,), person=PERSON, sensor=sensor)
            write_motion_csv(folder / f"{sensor.name}.csv", [GestureSource(options).read(600)], sensor)
    page = tmp_path / "report.html"
    words = ("--runs", "1", "--samples", "2", "--data", str(tmp_path / "set"), "--report", str(page))
    accuracy = station.run_json("bench", *words)["accuracy"]
    assert (accuracy["kind"], accuracy["host"]["mismatches"]) == ("windows", 0)
    assert accuracy["n"] == len(accuracy["windows"]) == accuracy["host"]["compared"] == 3 * (2 + 3)
    assert {item["label"] for item in accuracy["windows"]} == {"wave", "circle", "other"}
    assert accuracy["top1"] >= 12 / 15
    assert "wave" in page.read_text()


def test_a_recording_without_a_gyroscope_is_skipped_and_reported(station: Station, tmp_path: Path) -> None:
    for name, channels in (("both", 6), ("one", 3)):
        (tmp_path / "wave").mkdir(exist_ok=True)
        write_motion_csv(tmp_path / "wave" / f"{name}.csv", [hand("lsm9ds1", 5.0)[:, :channels]])
    done = station.run("bench", "--runs", "1", "--samples", "2", "--data", str(tmp_path), code=1)
    assert "one.csv: no gyroscope in it" in done.out + done.err


def test_gestures_in_a_long_recording_are_found_where_they_are(station: Station, tmp_path: Path) -> None:
    """A gesture for four seconds, then rest; what the model knows and did not happen there is no hit."""
    kinds: tuple[Gesture, ...] = ("still", "wave", "still", "circle")
    source = GestureSource(GestureOptions(gestures=kinds, hold_s=4.0, person=PERSON))
    write_motion_csv(tmp_path / "long.csv", [source.read(119 * 18)])
    (tmp_path / "long.truth.csv").write_text("label,start_s,end_s\nwave,4,8\ncircle,12,16\n")
    stream = ("--runs", "1", "--samples", "2", "--stream", str(tmp_path / "long.csv"))
    found = station.run_json("bench", *stream)["streaming"]
    assert (found["n_words"], found["seconds"]) == (2, pytest.approx(18, abs=0.1))
    assert found["hits"] == 2
    assert set(found["per_word"]) == {"circle", "twist", "updown", "wave"}
    assert all(4 < item["time_s"] < 9 for item in found["detections"] if item["label"] == "wave")
    page = tmp_path / "page.html"
    assert "Gestures detected in a long recording" in station.run("bench", *stream, "--report", str(page)).out
    (tmp_path / "long.truth.csv").write_text("label,start_s,end_s\nfly,4,8\n")
    done = station.run("bench", *stream, code=1)
    assert "the model knows no label fly" in done.err
    write_motion_csv(tmp_path / "flat.csv", [hand("lsm9ds1", 5.0)[:, :3]])
    done = station.run("bench", *stream[:-1], str(tmp_path / "flat.csv"), code=1)
    assert "no gyroscope in it" in done.err
