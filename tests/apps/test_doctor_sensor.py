"""`tinyhost doctor camera|mic|imu` on virtual boards: sensors that are well, and scenes that are of no use."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.audio.wav import write_wav

from tests.apps.conftest import Station
from tests.device.rig import flashed_board
from tests.json_docs import check_document

SECONDS = ("--seconds", "1.5")
pytestmark = pytest.mark.firmware


@pytest.fixture(scope="session")
def app_station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, str], Station]]:
    made: dict[tuple[str, str], Station] = {}

    def get(kind: str, app: str) -> Station:
        if (kind, app) not in made:
            state = tmp_path_factory.mktemp(f"doctor-{kind}-{app}")
            flashed_board(kind, state, app)
            made[kind, app] = Station(kind=kind, state=state)
        return made[kind, app]

    yield get
    for station in made.values():
        for process in station.started:
            process.kill()
            process.communicate()


def examined(station: Station, sensor: str, scene: str | None, *, code: int | None = 0) -> dict[str, Any]:
    """Run the command; return its checked document. code: what it must exit with; None: what its own verdict says, for
    a computer that is busy may lose samples."""
    scenes = ("--scene", scene) if scene else ()
    process = station.start("doctor", sensor, *scenes, *SECONDS, "--json", "-")
    out, err = process.communicate(timeout=240)
    document: dict[str, Any] = json.loads(out)
    check_document(document)
    assert process.returncode == (0 if document["ok"] else 1), err
    assert code is None or process.returncode == code, f"{out}\n{err}"
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
def test_a_picture_of_nothing_is_told_and_fails(native: Station, tmp_path: Path, level: int, text: str) -> None:
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
def test_a_microphone_and_what_it_hears(kind: str, app_station: Callable[[str, str], Station], tmp_path: Path) -> None:
    tone = 3000 * np.sin(np.arange(16_000) * 2 * np.pi * 500 / 16_000)
    document = examined(app_station(kind, "kws"), "mic", sound(tmp_path / "tone.wav", tone), code=None)
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
def test_sound_that_is_of_no_use(
    app_station: Callable[[str, str], Station],
    tmp_path: Path,
    samples: NDArray[np.floating],
    text: str,
) -> None:
    document = examined(app_station("native", "kws"), "mic", sound(tmp_path / "bad.wav", samples), code=1)
    assert bad(document)[0].startswith(text)


@pytest.mark.parametrize("kind", ["native", "m4"])
def test_an_accelerometer_and_a_stuck_one(kind: str, app_station: Callable[[str, str], Station]) -> None:
    station = app_station(kind, "anomaly")
    felt = examined(station, "imu", "machine:", code=None)["seen"]["accelerometer"]
    assert felt["magnitude_g"] == pytest.approx(1.0, abs=0.1)
    assert len(felt["mean_g"]) == len(felt["noise_g"]) == 3
    assert bad(examined(station, "imu", "machine:stuck", code=1))[0].startswith("axes x, y, z are stuck")


def test_a_scene_for_another_sensor_is_said_to_be_one(native: Station) -> None:
    process = native.start("doctor", "camera", "--scene", "machine:", *SECONDS)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "FAILED" in out
    assert "is for a accelerometer, the board uses its camera" in err


def test_the_wrong_app_says_which_one_to_flash(native: Station) -> None:
    process = native.start("doctor", "mic")
    _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "the app vww has the camera; the microphone belongs to kws" in err
    assert "tinyhost flash kws --board native" in err


def test_people_get_a_table_and_what_to_do(native: Station, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "black.png"), np.zeros((96, 96), np.uint8))
    out = native.run("doctor", "camera", "--scene", str(tmp_path), *SECONDS, code=1)
    assert "captures that came whole" in out
    assert "black: is the lens cap on" in out
    assert "take the cap off" in out
    shown = native.run("doctor", "camera", "--scene", str(tmp_path), "--seconds", "0")
    assert "black" not in shown  # nobody looked


def test_an_unknown_sensor_and_options_without_one_are_refused(native: Station) -> None:
    for words in (("doctor", "gyro"), ("doctor",)):
        process = native.start(*words)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 2
        assert "camera" in err
