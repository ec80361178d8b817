"""The sensor channel, seen from the firmware's side."""

from __future__ import annotations

import os
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from tinyhost.boards.scenes import open_scene
from tinyhost.boards.scenes.messages import SCENE_MAGIC, SceneReply, SceneRequest, SceneSensor
from tinyhost.boards.scenes.player import ScenePlayer
from tinyhost.protocol.status import Status


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for value in (10, 20, 30):
        cv2.imwrite(str(folder / f"{value}.png"), np.full((96, 96), value, np.uint8))
    return folder


def capture(folder: Path, seq: int) -> tuple[SceneReply, bytes]:
    """Request a frame as CaptureFrame in firmware/boards/virtual/camera.cpp does."""
    request = SceneRequest(magic=SCENE_MAGIC, seq=seq, sensor=SceneSensor.CAMERA, width=96, height=96)
    with (folder / "camera.request").open("r+b", buffering=0) as fifo:
        fifo.write(request.pack())
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            data = (folder / "camera.reply").read_bytes()
            if len(data) >= SceneReply.SIZE and SceneReply.unpack(data).seq == seq:
                data = (folder / "camera.reply").read_bytes()
                reply = SceneReply.unpack(data)
                return reply, data[SceneReply.SIZE : SceneReply.SIZE + reply.n_bytes]
            time.sleep(0.001)
    raise AssertionError(f"no reply to {seq}")


def test_every_request_gets_the_next_picture(tmp_path: Path, pictures: Path) -> None:
    player = ScenePlayer(open_scene(str(pictures)), tmp_path)
    try:
        for seq, value in ((7, 10), (8, 20), (9, 30), (10, 10)):
            reply, pixels = capture(tmp_path, seq)
            assert (reply.status, reply.width, reply.height, reply.n_bytes) == (Status.OK, 96, 96, 9216)
            assert pixels == bytes([value]) * 9216
    finally:
        player.close()


def test_requests_that_the_board_gave_up_on_cost_no_picture(tmp_path: Path, pictures: Path) -> None:
    player = ScenePlayer(open_scene(str(pictures)), tmp_path)
    fifo = os.open(tmp_path / "camera.request", os.O_RDWR)
    try:
        stale = [SceneRequest(magic=SCENE_MAGIC, seq=n, sensor=1, width=96, height=96).pack() for n in range(1, 30)]
        os.write(fifo, b"".join(stale))
        capture(tmp_path, 99)
        assert player.scene.current_name in ("10.png", "20.png")  # the 29 were answered once at most
    finally:
        os.close(fifo)
        player.close()


def test_a_scene_that_breaks_is_a_sensor_that_is_gone(tmp_path: Path, pictures: Path) -> None:
    player = ScenePlayer(open_scene(str(pictures)), tmp_path)
    try:
        capture(tmp_path, 1)
        (pictures / "20.png").unlink()
        reply, pixels = capture(tmp_path, 2)
        assert (reply.status, pixels) == (Status.NO_SENSOR, b"")
        assert player.failure is not None
        assert "20.png no longer exists" in player.failure.message
    finally:
        player.close()


def test_a_closed_player_takes_the_camera_away(tmp_path: Path, pictures: Path) -> None:
    player = ScenePlayer(open_scene(str(pictures)), tmp_path)
    player.close()
    player.close()
    assert not list(tmp_path.glob("camera.*"))
