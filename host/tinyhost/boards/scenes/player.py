"""Serves a scene to the firmware of a virtual board. protocol/scene.toml says how the two talk."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from tinyhost.boards.scenes.base import AnySource, LiveSource, PictureSource, Piece, SampleSource, Sampling, Scene
from tinyhost.boards.scenes.messages import SCENE_MAGIC, SceneReply, SceneRequest, SceneSensor
from tinyhost.boards.scenes.pacing import PacedSamples
from tinyhost.errors import ConfigError, TinyhostError
from tinyhost.protocol.status import Status
from tinyhost.system.posix import make_fifo, write_at
from tinyhost.system.waiting import ready

__all__ = ["ScenePlayer", "remove_channels"]

_SWITCH_ON, _ONLY_ASK = 1, 2  # SceneRequest.start
_ACCELERATION_CHANNELS = 3
_PICTURES = 1024
"""captures whose pictures are known by name"""


class ScenePlayer:
    """A thread that answers the sensors' requests in a board's state folder, until it is closed.

    Only the scene's sensor is present. `failure` is why the board's last request could not be served: the scene cannot
    be read any more, or it is for another sensor. The board then has no such sensor.
    """

    def __init__(self, scene: AnySource, folder: Path) -> None:
        self.scene = scene
        self.failure: TinyhostError | None = None
        self._answerer = _answerer_of(scene)
        self._pictures = [(0, "")] * _PICTURES
        self._last_seq, self._seq_before = 0, 0
        remove_channels(folder)
        self._replies = {_open_request(folder, sensor): _open_reply(folder, sensor) for sensor in SceneSensor}
        self._wake_read, self._wake_write = os.pipe()
        self._folder = folder
        self._thread = threading.Thread(target=self._run, name="scene", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering and remove the channel."""
        if not self._thread.is_alive() and self._wake_write < 0:
            return
        os.write(self._wake_write, b"x")
        self._thread.join()
        for fd in (*self._replies, *self._replies.values(), self._wake_read, self._wake_write):
            os.close(fd)
        self._wake_write = -1
        remove_channels(self._folder)
        self.scene.close()

    def picture_of(self, capture: int) -> str:
        """Return the name of the picture in a capture since the firmware's start; "" if it is long ago."""
        wanted = self._seq_before + 1 + capture  # a request for each capture, numbered on over restarts
        seq, name = self._pictures[wanted % _PICTURES]
        return name if seq == wanted else ""

    def restarted(self) -> None:
        """Note that the firmware will start anew: its captures count from 0."""
        self._seq_before = self._last_seq

    def _run(self) -> None:
        while True:
            requests, _ = ready([*self._replies, self._wake_read])
            if self._wake_read in requests:
                return
            for fd in requests:
                request = _latest_request(fd)
                if request.magic == SCENE_MAGIC:
                    self._answer(request, self._replies[fd])

    def _answer(self, request: SceneRequest, reply_file: int) -> None:
        try:
            if request.sensor != self.scene.sensor:
                raise _other_sensor(self.scene, request.sensor)
            reply, data = self._answerer(request)
            self.failure = None
            self._pictures[request.seq % _PICTURES] = request.seq, self.scene.current_name
        except TinyhostError as exc:
            self.failure = exc
            reply, data = SceneReply(magic=SCENE_MAGIC, seq=request.seq, status=Status.NO_SENSOR), b""
        self._last_seq = request.seq
        write_at(reply_file, data, SceneReply.SIZE)
        write_at(reply_file, reply.pack(), 0)  # last: the firmware waits for its seq


def _open_request(folder: Path, sensor: SceneSensor) -> int:
    return make_fifo(folder / f"{sensor.name.lower()}.request")


def _open_reply(folder: Path, sensor: SceneSensor) -> int:
    return os.open(folder / f"{sensor.name.lower()}.reply", os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644)


def _latest_request(fd: int) -> SceneRequest:
    """Return the newest request: the board has given up on the ones before it."""
    data = os.read(fd, 64 * SceneRequest.SIZE)  # whole requests: a FIFO does not tear what is so short
    return SceneRequest.unpack(data, len(data) - SceneRequest.SIZE)


def _other_sensor(scene: Scene, sensor: int) -> ConfigError:
    try:
        wanted = f"its {SceneSensor(sensor).name.lower()}"
    except ValueError:
        wanted = f"a sensor {sensor}"
    return ConfigError(
        f"scene {scene.description} is for a {scene.sensor.name.lower()}, the board uses {wanted}",
        hint="another --scene: pictures for vww, wav files for kws, a CSV file of motion for anomaly and gestures",
    )


Answerer = Callable[[SceneRequest], tuple[SceneReply, bytes]]


def _answerer_of(scene: AnySource) -> Answerer:
    """Return a function that answers requests from `scene`; it raises ConfigError if the scene cannot be read."""
    if isinstance(scene, LiveSource):
        return partial(_samples, scene, scene.sampling)
    if isinstance(scene, SampleSource):
        return partial(_samples, PacedSamples(scene), scene.sampling)
    return partial(_picture, scene)


def _picture(scene: PictureSource, request: SceneRequest) -> tuple[SceneReply, bytes]:
    pixels = scene.next_frame(request.width, request.height).tobytes()
    reply = SceneReply(
        magic=SCENE_MAGIC,
        seq=request.seq,
        n_bytes=len(pixels),
        width=request.width,
        height=request.height,
        status=Status.OK,
    )
    return reply, pixels


def _samples(paced: PacedSamples | LiveSource, sampling: Sampling, request: SceneRequest) -> tuple[SceneReply, bytes]:
    if request.start == _SWITCH_ON:
        paced.start()
    n_channels = sampling.n_channels
    if request.sensor == SceneSensor.ACCELEROMETER:
        n_channels = request.width or _ACCELERATION_CHANNELS
    nothing = Piece(samples=np.empty((0, sampling.n_channels), np.int16), position=0, lost=0, n_waiting=0)
    piece = nothing if request.start == _ONLY_ASK else paced.read(request.max_samples)
    samples = piece.samples[:, :n_channels]
    still = np.zeros((len(samples), n_channels - samples.shape[1]), np.int16)  # a scene without a gyroscope's part
    data = np.ascontiguousarray(np.hstack([samples, still]), "<i2").tobytes()
    reply = SceneReply(
        magic=SCENE_MAGIC,
        seq=request.seq,
        n_bytes=len(data),
        width=n_channels,
        height=len(samples),
        position=piece.position,
        lost=piece.lost,
        n_waiting=piece.n_waiting,
        rate_mhz=round(sampling.rate_hz * 1000),
        scale=sampling.scale,
        status=Status.OK,
    )
    return reply, data


def remove_channels(folder: Path) -> None:
    """Remove every sensor's channel: without one, the board has no such sensor."""
    for sensor in SceneSensor:
        for end in ("request", "reply"):
            with contextlib.suppress(FileNotFoundError):
                (folder / f"{sensor.name.lower()}.{end}").unlink()
