"""tinyhost monitor on real firmware."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from tinyhost.datasets.manifest import read_manifest
from tinyhost.motion.csv import read_motion_csv
from tinyhost.motion.score import ONE
from tinyhost.sensors.picture_file import read_picture
from tinyhost.synth.pictures import write_dataset
from tinyhost.tasks.anomaly.detector import HostDetector

from tests.commands import TINYHOST
from tests.json_docs import check_document
from tests.stations import Station, Stations, shipped_image

pytestmark = pytest.mark.firmware

LONG_UPTIME_US = 5_000_000
"""More than a restarted board has by the time that the monitor hears of it again."""


def left_of(pictures: Path, places: list[Path]) -> list[Path]:
    """Return the files below some folders that are pictures, or contain a row of one of these pictures."""
    rows = [read_picture(path)[48].tobytes() for path in pictures.glob("*/*.png")]
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    return [path for path in files if path.suffix in {".png", ".pgm"} or any(row in path.read_bytes() for row in rows)]


def test_json_lines_are_as_documented(station: Station, pictures: Path) -> None:
    out = station.run("monitor", "--scene", str(pictures), "--count", "5", "--json", "-").out
    documents = [json.loads(line) for line in out.splitlines()]
    assert len(documents) == 5
    for document in documents:
        check_document(document)
        assert (document["board"], document["model"], document["status"]) == (station.kind, "vww", "ok")
    assert [item["index"] for item in documents] == sorted({item["index"] for item in documents})


def test_plain_lines_where_there_is_no_terminal(native: Station, pictures: Path) -> None:
    lines = native.run("monitor", "--scene", str(pictures), "--count", "3").out.splitlines()
    assert len(lines) == 3
    assert all("invoke" in line and "person" in line for line in lines)


def test_each_prediction_names_the_picture_that_it_is_of(station: Station, pictures: Path) -> None:
    out = station.run("monitor", "--scene", str(pictures), "--count", "30", "--json", "-").out
    outputs: dict[str, set[tuple[int, ...]]] = {}
    for line in out.splitlines():
        document = json.loads(line)
        outputs.setdefault(document["scene_item"], set()).add(tuple(document["output"]))
    assert set(outputs) == {path.relative_to(pictures).as_posix() for path in pictures.glob("*/*.png")}
    assert all(len(found) == 1 for found in outputs.values())  # the same picture, the same answer


def test_samples_of_another_rate_are_reported_as_such_not_as_a_wrong_model(stations: Stations, tmp_path: Path) -> None:
    station = stations("native", "anomaly", model=True)
    lines = "".join(f"{20 * n},0.{n % 7},9.8,-0.{n % 5}\n" for n in range(400))  # 50 Hz; the model knows 119 Hz
    (tmp_path / "slow.csv").write_text(f"timestamp,accX,accY,accZ\n{lines}")
    done = station.run("monitor", "--scene", str(tmp_path / "slow.csv"), "--count", "1", code=1)
    assert "sample_rate" in done.err
    assert "the model anomaly wants 119 samples a second, the board's sensor gives 50" in done.err
    assert "push a model" not in done.err


def test_it_stops_after_the_seconds(native: Station, pictures: Path) -> None:
    begin = time.monotonic()
    native.run("monitor", "--scene", str(pictures), "--seconds", "1", "--json", "-")
    assert time.monotonic() - begin < 60


def test_a_failing_camera_is_a_status_and_no_prediction(native: Station) -> None:
    document = native.run_json("monitor", "--count", "1", code=1)
    assert (document["status"], document["label"], document["scores"]) == ("no_sensor", None, {})
    done = native.run("monitor", "--count", "3", "--plain", code=1)
    assert len(done.out.splitlines()) == 3
    assert "0 predictions in" in done.err
    assert "3 times none: no_sensor" in done.err
    assert "expected predictions, got none: no_sensor (3 times)" in done.err


def test_it_goes_on_when_the_board_is_back(native: Station, pictures: Path) -> None:
    process = native.start("monitor", "--scene", str(pictures), "--json", "-")
    assert process.stdout is not None
    uptime_us = 0
    while uptime_us < LONG_UPTIME_US:
        uptime_us = json.loads(process.stdout.readline())["timestamp_us"]
    running = json.loads((native.state / "native" / "running.json").read_text())
    os.kill(running["firmware_pid"], signal.SIGKILL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        before_us, uptime_us = uptime_us, json.loads(process.stdout.readline())["timestamp_us"]
        if uptime_us < before_us:
            break  # the restarted board's clock starts anew
    else:
        pytest.fail("no prediction of the restarted board in 60 s")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    assert process.returncode == 130


def test_the_screen_draws_and_q_leaves(native: Station, pictures: Path, tmp_path: Path) -> None:
    host, terminal = pty.openpty()
    command = [
        str(TINYHOST),
        "monitor",
        "--board",
        "native",
        "--scene",
        str(pictures),
    ]
    environment = {
        **os.environ,
        "TINYHOST_STATE": str(native.state),
        "TERM": "xterm-256color",
        "COLUMNS": "110",
        "LINES": "32",
        "TMPDIR": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    with subprocess.Popen(command, env=environment, stdin=terminal, stdout=terminal, stderr=terminal) as process:
        os.close(terminal)
        seen = b""
        deadline = time.monotonic() + 60
        while b"predictions/s" not in seen or "▀".encode() not in seen:
            assert time.monotonic() < deadline, seen[-2000:]
            if select.select([host], [], [], 1.0)[0]:
                seen = (seen + os.read(host, 65536))[-200_000:]
        os.write(host, b"q")
        while process.poll() is None and time.monotonic() < deadline:
            if select.select([host], [], [], 0.2)[0]:
                try:
                    seen += os.read(host, 65536)
                except OSError:
                    break
        assert process.wait(timeout=120) == 0
    os.close(host)
    assert not left_of(pictures, [native.state, tmp_path])
    assert b"\x1b[?1049l" in seen


def test_pictures_that_the_model_is_unsure_of_are_kept(native: Station, pictures: Path, tmp_path: Path) -> None:
    """The very picture of a prediction is stored, with what was proposed, as many as were asked for."""
    kept = tmp_path / "kept"
    words = ("monitor", "--scene", str(pictures), "--count", "40", "--keep-unsure", str(kept), "--margin", "2")
    native.run(*words, "--at-most", "3")
    lines = read_manifest(kept)
    assert len(lines) == 3
    for line in lines:
        original = next(path for path in pictures.rglob("*.*") if path.as_posix().endswith(line.scene_item))
        np.testing.assert_array_equal(read_picture(kept / line.file), read_picture(original))
        assert line.label == "unsure"
        assert set(line.attributes) == {"proposed", "margin", "model", "model_sha256", "scores"}
    assert len(list((kept / "unsure").iterdir())) == 3


def test_windows_that_the_model_is_unsure_of_are_kept_as_the_sensor_gave_them(
    stations: Stations, tmp_path: Path
) -> None:
    """Windows that do not overlap, of which this computer makes the scores that the manifest has."""
    station, kept = stations("native", "anomaly", model=True), tmp_path / "kept"
    words = ("monitor", "--scene", "machine:", "--count", "12", "--keep-unsure", str(kept), "--margin", "1000")
    done = station.run(*words)
    lines = read_manifest(kept)
    assert f"{len(lines)} samples kept; label them: tinyhost data label" in done.err
    scores = HostDetector(shipped_image("anomaly")).scores
    assert len(lines) >= 2
    for line in lines:
        recording = read_motion_csv(kept / line.file)
        assert len(recording.acceleration) == 128
        (score,) = scores(recording.counts())
        assert line.attributes["scores"] == f"score={score / ONE:.4f}"
    times = [line.timestamp_us for line in lines]
    assert np.diff(times).min() >= 128 / 119 * 1e6 * 0.99


def test_drift_is_in_every_document_and_reported_at_the_end(native: Station, pictures: Path) -> None:
    done = native.run("monitor", "--scene", str(pictures), "--against", str(pictures), "--count", "2", code=1)
    assert "samples, expected at least 20" in done.err
    write_dataset(pictures.parent / "learnt", 10, seed=3)
    words = ("--scene", str(pictures), "--against", str(pictures.parent / "learnt"), "--count", "3")
    lines = [json.loads(line) for line in native.run("monitor", *words, "--json", "-").out.splitlines()]
    assert lines[-1]["drift"] == {"n": 1, "features": None}
    check_document(lines[-1])
    assert "drift, of 1 sample: too few samples to tell" in native.run("monitor", *words).err
