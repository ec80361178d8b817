"""`tinyhost doctor camera|mic|imu` on virtual boards, with good scenes and with unusable ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.audio.wav import write_wav
from tinyhost.motion.csv import motion_csv
from tinyhost.motion.sensor import STANDARD_GRAVITY

from tests.commands import run_tinyhost
from tests.json_docs import check_document
from tests.stations import Station, Stations

SECONDS = ("--seconds", "1.5")
pytestmark = pytest.mark.firmware


def examined(station: Station, sensor: str, scene: str | None, *, code: int | None = 0) -> dict[str, Any]:
    """Run the command; return its checked document. code: what it must exit with; None: what its own verdict says, for
    a computer that is busy may lose samples."""
    scenes = ("--scene", scene) if scene else ()
    words = ("doctor", sensor, *scenes, *SECONDS, "--json", "-", "--board", station.kind)
    done = run_tinyhost(*words, TINYHOST_STATE=station.state)
    document: dict[str, Any] = json.loads(done.out)
    check_document(document)
    assert done.code == (0 if document["ok"] else 1), done.err
    assert code is None or done.code == code, f"{done.out}\n{done.err}"
    assert (document["name"], document["sensor"]) == (station.kind, sensor)
    return document


def bad(document: dict[str, Any]) -> list[str]:
    return [remark["text"] for remark in document["seen"]["remarks"] if remark["level"] == "bad"]


def sound(path: Path, samples: NDArray[np.floating]) -> str:
    write_wav(path, np.clip(np.rint(samples), -32768, 32767).astype(np.int16))
    return f"{path}?loop=1"


def test_a_camera_that_is_well(station: Station, pictures: Path) -> None:
    document = examined(station, "camera", str(pictures))
    assert [check["verdict"] for check in document["checks"]] == ["passed", "passed"]
    assert document["checks"][0]["measured"] == 5
    seen = document["seen"]["camera"]
    assert (seen["width"], seen["height"], seen["torn"]) == (96, 96, 0)
    assert seen["brightness"] > 20
    assert document["seen"]["items"] > 0
    assert document["seen"]["microphone"] is None


@pytest.mark.parametrize(("level", "text"), [(2, "black"), (254, "white"), (120, "flat")])
def test_a_picture_of_nothing_is_reported_and_fails(native: Station, tmp_path: Path, level: int, text: str) -> None:
    cv2.imwrite(str(tmp_path / "nothing.png"), np.full((96, 96), level, np.uint8))
    document = examined(native, "camera", str(tmp_path), code=1)
    assert [check["verdict"] for check in document["checks"]] == ["passed", "passed"]
    assert bad(document)[0].startswith(text)


def test_a_board_without_a_scene_has_no_camera_and_shows_nothing(station: Station) -> None:
    document = examined(station, "camera", None, code=1)
    assert document["seen"] is None
    first = document["checks"][0]
    assert (first["status"], first["verdict"], first["measured"]) == ("no_sensor", "failed", None)
    assert "--scene" in first["action"]
    assert document["checks"][1]["verdict"] == "skipped"


@pytest.mark.parametrize("kind", ["native", "m4"])
def test_a_microphone_and_what_it_hears(kind: str, stations: Stations, tmp_path: Path) -> None:
    tone = 3000 * np.sin(np.arange(16_000) * 2 * np.pi * 500 / 16_000)
    document = examined(stations(kind, "kws"), "mic", sound(tmp_path / "tone.wav", tone), code=None)
    heard = document["seen"]["microphone"]
    assert heard["rms_dbfs"] == pytest.approx(-23.8, abs=1.5)
    assert heard["declared_hz"] == 16_000
    assert [check["check"] for check in document["checks"]] == ["start_time", "sample_rate", "lost_samples"]
    assert document["checks"][0]["verdict"] == "passed"


@pytest.mark.parametrize(
    ("samples", "text"),
    [
        (np.zeros(16_000), "silence"),
        (60_000 * np.sin(np.arange(16_000) / 5), "clipped"),
        (3000 * np.sin(np.arange(16_000) / 5) + 8000, "offset"),
    ],
)
def test_sound_that_is_useless(
    stations: Stations,
    tmp_path: Path,
    samples: NDArray[np.floating],
    text: str,
) -> None:
    document = examined(stations("native", "kws"), "mic", sound(tmp_path / "bad.wav", samples), code=1)
    assert bad(document)[0].startswith(text)


@pytest.mark.parametrize("kind", ["native", "m4"])
def test_an_accelerometer_and_a_stuck_one(kind: str, stations: Stations) -> None:
    station = stations(kind, "anomaly")
    felt = examined(station, "imu", "machine:", code=None)["seen"]["accelerometer"]
    assert felt["magnitude_g"] == pytest.approx(1.0, abs=0.1)
    assert len(felt["mean_g"]) == len(felt["noise_g"]) == 3
    assert bad(examined(station, "imu", "machine:stuck", code=1))[0].startswith("axes x, y, z are stuck")


def test_a_gyroscope_at_rest_and_one_that_turns(stations: Stations, tmp_path: Path) -> None:
    station, rng = stations("native", "gestures"), np.random.default_rng(1)
    acceleration = rng.normal((0, 0, STANDARD_GRAVITY), 0.02, (2400, 3))
    (tmp_path / "rest.csv").write_bytes(motion_csv(acceleration, 119.0, rng.normal((4, -9, 1), 0.3, (2400, 3))))
    for scene, verdict in ((str(tmp_path / "rest.csv"), "passed"), ("hand:wave", "skipped")):
        checks = examined(station, "imu", scene, code=None)["checks"]
        found = [item for item in checks if item["check"] == "rotation"]
        assert {item["verdict"] for item in found} == {verdict}
        assert [item["index"] for item in found] == ([0, 1, 2] if verdict == "passed" else [None])
        assert verdict == "skipped" or [item["measured"] for item in found] == pytest.approx([400, -900, 100], abs=15)


def test_a_scene_for_another_sensor_is_reported_to_be_one(native: Station) -> None:
    done = native.run("doctor", "camera", "--scene", "machine:", *SECONDS, code=1)
    assert "FAILED" in done.out
    assert "is for a accelerometer, the board uses its camera" in done.err


def test_the_wrong_app_says_which_one_to_flash(native: Station) -> None:
    err = native.run("doctor", "mic", code=2).err
    assert "the app vww has the camera; the microphone belongs to kws" in err
    assert "tinyhost flash kws --board native" in err


def test_people_get_a_table_and_what_to_do(native: Station, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "black.png"), np.zeros((96, 96), np.uint8))
    out = native.run("doctor", "camera", "--scene", str(tmp_path), *SECONDS, code=1).out
    assert "captures that came whole" in out
    assert "black: the lens cap is on" in out
    assert "remove the lens cap" in out
    shown = native.run("doctor", "camera", "--scene", str(tmp_path), "--seconds", "0").out
    assert "black" not in shown  # nobody looked


def test_an_unknown_sensor_and_options_without_one_are_refused(native: Station) -> None:
    for words in (("doctor", "gyro"), ("doctor",)):
        assert "camera" in native.run(*words, code=2).err
