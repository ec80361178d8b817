"""Serves a scene to the firmware of a virtual board. protocol/scene.toml says how the two talk."""

from __future__ import annotations

import contextlib
import os
import select
import threading
from pathlib import Path

from tinyhost.boards.scenes.base import Scene
from tinyhost.boards.scenes.messages import SCENE_MAGIC, SceneReply, SceneRequest, SceneSensor
from tinyhost.errors import TinyhostError
from tinyhost.protocol.status import Status

__all__ = ["ScenePlayer", "remove_channels"]

_SENSOR = SceneSensor.CAMERA.name.lower()


class ScenePlayer:
    """A thread that answers the camera's requests in a board's state folder, until it is closed.

    `failure` is why the scene cannot be shown any more: the board then has no camera.
    """

    def __init__(self, scene: Scene, folder: Path) -> None:
        self.scene = scene
        self.failure: TinyhostError | None = None
        remove_channels(folder)
        request = folder / f"{_SENSOR}.request"
        os.mkfifo(request)
        # Open for writing too, so that the FIFO never ends when the firmware does.
        self._request = os.open(request, os.O_RDWR | os.O_NONBLOCK)
        self._reply = os.open(folder / f"{_SENSOR}.reply", os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644)
        self._wake_read, self._wake_write = os.pipe()
        self._folder = folder
        self._thread = threading.Thread(target=self._run, name="scene", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering and take the channel away."""
        if not self._thread.is_alive() and self._wake_write < 0:
            return
        os.write(self._wake_write, b"x")
        self._thread.join()
        for fd in (self._request, self._reply, self._wake_read, self._wake_write):
            os.close(fd)
        self._wake_write = -1
        remove_channels(self._folder)
        self.scene.close()

    def _run(self) -> None:
        while True:
            ready, _, _ = select.select([self._request, self._wake_read], [], [])
            if self._wake_read in ready:
                return
            request = self._latest_request()
            if request is not None:
                self._answer(request)

    def _latest_request(self) -> SceneRequest | None:
        """Return the newest request: the board has given up on the ones before it."""
        data = os.read(self._request, 64 * SceneRequest.SIZE)  # whole requests: a FIFO does not tear what is so short
        request = SceneRequest.unpack(data, len(data) - SceneRequest.SIZE)
        return request if request.magic == SCENE_MAGIC and request.sensor == SceneSensor.CAMERA else None

    def _answer(self, request: SceneRequest) -> None:
        pixels = b""
        status = Status.OK
        try:
            pixels = self.scene.next_frame(request.width, request.height).tobytes()
            self.failure = None
        except TinyhostError as exc:
            self.failure = exc
            status = Status.NO_SENSOR
        reply = SceneReply(
            magic=SCENE_MAGIC,
            seq=request.seq,
            n_bytes=len(pixels),
            width=request.width,
            height=request.height,
            status=status,
        )
        os.pwrite(self._reply, pixels, SceneReply.SIZE)
        os.pwrite(self._reply, reply.pack(), 0)  # last: the firmware waits for its seq


def remove_channels(folder: Path) -> None:
    """Take every sensor's channel away: without one, the board has no such sensor."""
    for sensor in SceneSensor:
        for end in ("request", "reply"):
            with contextlib.suppress(FileNotFoundError):
                (folder / f"{sensor.name.lower()}.{end}").unlink()
