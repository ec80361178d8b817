"""tinyhost capture on real firmware: however it ends, the stored samples stay valid and the next run continues."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from tinyhost.datasets import load_class_folder
from tinyhost.datasets.manifest import read_manifest
from tinyhost.sensors.picture_file import read_picture

from tests.apps.conftest import N_PER_CLASS
from tests.json_docs import check_document
from tests.stations import Station

pytestmark = pytest.mark.firmware


def wait_for_samples(folder: Path, count: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if len(list(folder.glob("*/*.png"))) >= count:
            return
        time.sleep(0.02)
    pytest.fail(f"{folder}: no {count} samples in 60 s")


def check_valid(folder: Path) -> int:
    """Assert that pictures and manifest match to the byte; return the number of pictures."""
    samples = read_manifest(folder)
    assert {folder / sample.file for sample in samples} == {item.path for item in load_class_folder(folder)}
    return len(samples)


def capture(folder: Path, scene: Path, count: int, label: str = "person") -> list[str]:
    return ["capture", "--label", label, "--count", str(count), "--data", str(folder), "--scene", str(scene)]


def test_captured_pictures_are_the_scenes(station: Station, pictures: Path, tmp_path: Path) -> None:
    scene = pictures / "person"
    document = station.run_json(*capture(tmp_path, scene, N_PER_CLASS), "--note", "ümlaut")
    assert (document["stored"], document["ended_by"], document["counts"]) == (
        N_PER_CLASS,
        "done",
        {"person": N_PER_CLASS},
    )
    shown = {path.name: read_picture(path) for path in scene.glob("*.png")}
    rows = [picture[48].tobytes() for picture in shown.values()]
    kept = [path.read_bytes() for path in station.state.rglob("*") if path.is_file()]
    assert not any(row in content for content in kept for row in rows)  # nothing but the set has them
    for sample in read_manifest(tmp_path):
        captured = read_picture(tmp_path / sample.file)
        assert any(np.array_equal(captured, picture) for picture in shown.values())
        np.testing.assert_array_equal(captured, shown[Path(sample.scene_item).name])
        assert (sample.board, sample.note, sample.dropped) == (station.kind, "ümlaut", 0)
        assert "period_ms" in sample.settings


def test_what_is_wrong_with_a_picture_is_said_and_kept(native: Station, tmp_path: Path) -> None:
    scene = tmp_path / "scene"
    scene.mkdir()
    y, x = np.mgrid[0:96, 0:96]
    for name, level in (("a", 120 + 60 * np.sin(x / 2.0) + 30 * np.sin(y / 3.0)), ("b", np.full((96, 96), 3.0))):
        cv2.imwrite(str(scene / f"{name}.png"), level.astype(np.uint8))
    words = capture(tmp_path / "set", scene, 4)
    document = native.run_json(*words)
    black = "black: the lens cap is on, or the room is dark"
    samples = read_manifest(tmp_path / "set")
    assert {sample.scene_item for sample in samples} == {"a.png", "b.png"}
    for sample in samples:
        assert list(sample.issues) == ([black] if sample.scene_item == "b.png" else [])
    assert document["issues"] == [f"{sample.file}: {black}" for sample in samples if sample.issues]
    assert f".png: {black}" in native.run(*words).err


def test_ctrl_c_ends_cleanly_and_the_next_run_goes_on(native: Station, pictures: Path, tmp_path: Path) -> None:
    process = native.start(*capture(tmp_path / "set", pictures, 100_000), "--json", str(tmp_path / "out.json"))
    wait_for_samples(tmp_path / "set", 5)
    process.send_signal(signal.SIGINT)
    _, remarks = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "to continue" in remarks
    document = json.loads((tmp_path / "out.json").read_text())
    check_document(document)
    assert document["ended_by"] == "interrupted"
    stored = check_valid(tmp_path / "set")
    assert document["stored"] == stored
    native.run(*capture(tmp_path / "set", pictures, 3))
    assert check_valid(tmp_path / "set") == stored + 3


def test_a_killed_host_leaves_a_valid_set(native: Station, pictures: Path, tmp_path: Path) -> None:
    for round_number in range(3):
        process = native.start(*capture(tmp_path, pictures, 100_000))
        wait_for_samples(tmp_path, 4 + 4 * round_number)
        process.kill()
        process.communicate()
        before = len(load_class_folder(tmp_path))
        native.run(*capture(tmp_path, pictures, 1, "other"))
        assert check_valid(tmp_path) == before + 1


def test_a_board_that_loses_power_is_waited_for(native: Station, pictures: Path, tmp_path: Path) -> None:
    process = native.start(*capture(tmp_path, pictures, 60), "--every", "0.05")
    wait_for_samples(tmp_path, 5)
    running = json.loads((native.state / "native" / "running.json").read_text())
    os.kill(running["firmware_pid"], signal.SIGKILL)
    _, remarks = process.communicate(timeout=120)
    assert process.returncode == 0, remarks
    assert check_valid(tmp_path) == 60


def test_a_virtual_board_without_a_scene_is_an_error_at_once(native: Station, tmp_path: Path) -> None:
    document = native.run_json("capture", "--label", "a", "--count", "2", "--data", str(tmp_path), code=1)
    assert (document["stored"], document["sensor_failures"]) == (0, 0)
    assert "the sensor is missing or does not answer" in document["ended_by"]


def test_labels_that_would_leave_the_folder_are_refused(native: Station, tmp_path: Path) -> None:
    native.run(*capture(tmp_path / "set", tmp_path, 1, "../outside"), code=1)
    assert not (tmp_path / "set").exists()
