"""The firmware on the virtual boards: what the host's device library does not see of a board."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from tinyhost.boards.virtual import VirtualBoard
from tinyhost.device import Device
from tinyhost.errors import DeviceError
from tinyhost.link.base import Link
from tinyhost.protocol.status import Status

from tests.stations import Stations

pytestmark = pytest.mark.firmware


def read_text(link: Link, wanted: str, timeout_s: float = 60.0) -> str:
    data = b""
    deadline = time.monotonic() + timeout_s
    while wanted.encode() not in data and time.monotonic() < deadline:
        data += link.read(4096, 0.2)
    return data.decode(errors="replace")


def test_a_board_that_nobody_greets_prints_text(board: VirtualBoard) -> None:
    with board.power() as power:
        link = power.open_link()
        assert "tinyhost push" in read_text(link, "tinyhost push")
        link.close()


def test_a_board_says_what_was_flashed(board: VirtualBoard) -> None:
    flashed = json.loads((board.folder.path / "board.json").read_text())
    with board.power() as power, Device.open(power) as device:
        assert (device.info.board, device.info.app) == (board.kind, "vww")
        assert device.info.build_id == flashed["build_id"]
        assert device.info.unique_id == (board.folder.path / "unique_id").read_text()
        assert device.info.tick_unit == {"native": "ns", "m4": "instructions"}[board.kind]


def test_the_camera_sees_the_scene_bit_for_bit(board: VirtualBoard, tmp_path: Path) -> None:
    pictures = np.random.default_rng(3).integers(0, 256, (3, 96, 96), np.uint8)
    for number, picture in enumerate(pictures):
        cv2.imwrite(str(tmp_path / f"{number}.png"), picture)
    with board.power(scene=str(tmp_path)) as power, Device.open(power) as device:
        device.set_setting("camera_resolution", 0)
        before = int(power.scene_name[0]) if power.scene_name else -1
        for step in range(1, 5):  # the live loop may have looked before
            frame = device.snapshot()
            shown = int(power.scene_name[0])
            assert np.array_equal(frame.pixels, pictures[shown]), f"after {before}, step {step}"
            assert power.scene_item(frame.index) == f"{shown}.png"
        device.reset()
        frame = device.snapshot()
        assert np.array_equal(frame.pixels, pictures[int(power.scene_item(frame.index)[0])])
        assert power.scene_item(frame.index + 99) == ""


def test_without_a_scene_there_is_no_camera(board: VirtualBoard) -> None:
    with board.power() as power, Device.open(power) as device:
        with pytest.raises(DeviceError) as error:
            device.snapshot()
        assert error.value.status == Status.NO_SENSOR
        device.ping()  # and the board goes on


def test_a_scene_that_stops_answering_is_a_timeout(board: VirtualBoard) -> None:
    with board.power() as power, Device.open(power) as device:
        os.mkfifo(board.folder.path / "camera.request")
        (board.folder.path / "camera.reply").write_bytes(b"")
        with pytest.raises(DeviceError) as error:
            device.snapshot()
        assert error.value.status == Status.SENSOR_TIMEOUT
        device.ping()


def test_settings_outlive_a_power_cut(board: VirtualBoard) -> None:
    with board.power() as power:
        with Device.open(power) as device:
            device.set_setting("period_ms", 321, persist=True)
        power.reset()
        with Device.open(power) as device:
            assert device.settings()["period_ms"].value == 321


def test_the_led_is_a_file(board: VirtualBoard) -> None:
    with board.power() as power, Device.open(power):
        deadline = time.monotonic() + 60
        while (board.folder.path / "led").read_text().strip() != "session":
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_the_sanitizers_find_nothing_in_a_session(stations: Stations) -> None:
    station = stations("native", build="native_asan")
    with station.board.power() as power, Device.open(power) as device:
        for _ in range(3):
            device.ping()
            device.settings()
        device.models()
    assert (station.state / "native" / "board.log").read_text() == ""
