"""A simulated room between a stimulus and the sensor of a virtual board: a folder that both of them access.

The screen's picture is `screen.pgm`; sounds, and a shaker's motion, are `NUMBER.wav`, each played once when it appears.
`room.json` has the room's state: `Room.become` dims its lamp, mutes its loudspeaker or freezes the camera's frame.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.levels import to_float
from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.audio.wav import parse_wav, write_wav
from tinyhost.boards.scenes.base import AnySource, Sampling, SceneOptions
from tinyhost.boards.scenes.fit import fit_picture
from tinyhost.boards.scenes.messages import SceneSensor
from tinyhost.boards.scenes.sounds import MICROPHONE
from tinyhost.boards.scenes.spec import SceneSpec
from tinyhost.errors import ConfigError
from tinyhost.motion.sensor import LSM9DS1
from tinyhost.sensors.picture_file import read_picture
from tinyhost.system.durable import write_atomically
from tinyhost.system.json_reading import read_json
from tinyhost.system.reading import read_file

__all__ = ["Room", "RoomState", "open_room"]

_MAX_STATE_BYTES = 1 << 16
_MAX_WAV_BYTES = 1 << 26
_MOTION = Sampling(rate_hz=LSM9DS1.rate_hz, n_channels=3, scale=1.0 / LSM9DS1.counts_per_g)


@dataclass(frozen=True, kw_only=True)
class RoomState:
    """The state of the room. light: grey level of a white screen, of full scale. noise: of the sensor."""

    light: float = 0.85
    volume: float = 0.5
    vibration: float = 0.5
    noise: float = 0.002
    frozen: bool = False
    """the camera repeats its last frame"""


class Room:
    """The folder, as used by a stimulus."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def state(self) -> RoomState:
        """Return the state of the room. Raises ConfigError for a malformed file."""
        path = self.folder / "room.json"
        if not path.exists():
            return RoomState()
        values = read_json(path, max_bytes=_MAX_STATE_BYTES, hint="delete the file to restore the room's defaults")
        values.check_keys(("light", "volume", "vibration", "noise", "frozen"))
        numbers = {name: values.number(name, 0.0, 10.0) for name in ("light", "volume", "vibration", "noise")}
        return RoomState(**numbers, frozen=values.flag("frozen"))

    def become(self, state: RoomState) -> None:
        """Change the state of the room."""
        write_atomically(self.folder / "room.json", json.dumps(asdict(state)).encode(), sync=False)

    def show(self, picture: NDArray[np.uint8]) -> None:
        """Put a picture, (h, w), on the screen."""
        height, width = picture.shape
        header = f"P5 {width} {height} 255\n".encode()
        write_atomically(self.folder / "screen.pgm", header + picture.tobytes(), sync=False)

    def play(self, pcm: NDArray[np.int16]) -> None:
        """Play a sound, (n,) at 16 kHz, or shake the table with it: full scale is 1 g."""
        write_wav(self.folder / f"{self.last() + 1:06d}.wav", pcm)

    def last(self) -> int:
        """Return the number of the last sound played; 0 before the first."""
        return max((int(path.stem) for path in self.folder.glob("[0-9]*.wav") if path.stem.isdigit()), default=0)


class _Place:
    """Base of the scenes of one room."""

    def __init__(self, spec: SceneSpec) -> None:
        self.room = Room(Path(spec.name.partition(":")[2]).expanduser())
        self.description = spec.name
        self.current_name = ""
        self._rng = np.random.default_rng(1)

    def close(self) -> None:
        """Nothing is held open."""


class RoomCamera(_Place):
    """A camera in front of the room's screen."""

    sensor = SceneSensor.CAMERA

    def __init__(self, spec: SceneSpec) -> None:
        super().__init__(spec)
        self._frame: NDArray[np.uint8] | None = None

    def next_frame(self, width: int, height: int) -> NDArray[np.uint8]:
        """Return the camera's frame, (height, width). Raises ConfigError for malformed files of the room."""
        state = self.room.state()
        if state.frozen and self._frame is not None and self._frame.shape == (height, width):
            return self._frame
        path = self.room.folder / "screen.pgm"
        shown = read_picture(path, error=ConfigError) if path.exists() else np.zeros((height, width), np.uint8)
        grey = fit_picture(shown, width, height) * state.light
        grey = grey + self._rng.normal(0.0, 255 * state.noise, grey.shape)
        self._frame = np.clip(np.rint(grey), 0, 255).astype(np.uint8)
        return self._frame


class _RoomSamples(_Place):
    """A sensor of what is played, with noise of its own."""

    sampling: Sampling

    def __init__(self, spec: SceneSpec) -> None:
        super().__init__(spec)
        self._played = self.room.last()
        self._wave: NDArray[np.float32] = np.zeros(0, np.float32)

    def restart(self) -> None:
        """Continue: what is played does not depend on the sensor."""

    def read(self, n_samples: int) -> NDArray[np.int16]:
        """Return the next samples, (n_samples, n_channels). Raises ConfigError for malformed files of the room."""
        state = self.room.state()
        self._take_new()
        wave, self._wave = self._wave[:n_samples], self._wave[n_samples:]
        heard = np.zeros(n_samples, np.float32)
        heard[: len(wave)] = wave
        return self._measured(heard, state)

    def _take_new(self) -> None:
        """Mix in the sounds played since the last call."""
        while (path := self.room.folder / f"{self._played + 1:06d}.wav").exists():
            self._played += 1
            sound = parse_wav(read_file(path, max_bytes=_MAX_WAV_BYTES, error=ConfigError), str(path))
            if not sound.is_native:
                raise ConfigError(f"{path}: {sound.describe()}, expected 16 kHz, mono, 16 bit", hint="delete it")
            pcm = to_float(sound.pcm())
            times = np.arange(int(len(pcm) * self.sampling.rate_hz / SAMPLE_RATE_HZ)) / self.sampling.rate_hz
            wave = np.interp(times, np.arange(len(pcm)) / SAMPLE_RATE_HZ, pcm).astype(np.float32)
            mixed = np.zeros(max(len(wave), len(self._wave)), np.float32)
            mixed[: len(self._wave)] += self._wave
            mixed[: len(wave)] += wave
            self._wave = mixed

    def _noise(self, n_samples: int, state: RoomState) -> NDArray[np.float64]:
        return self._rng.normal(0.0, state.noise, (n_samples, self.sampling.n_channels))

    def _measured(self, wave: NDArray[np.float32], state: RoomState) -> NDArray[np.int16]:
        raise NotImplementedError


class RoomMicrophone(_RoomSamples):
    """A microphone in front of the room's loudspeaker."""

    sensor = SceneSensor.MICROPHONE
    sampling = MICROPHONE

    def _measured(self, wave: NDArray[np.float32], state: RoomState) -> NDArray[np.int16]:
        return _counts(wave[:, None] * state.volume + self._noise(len(wave), state), self.sampling)


class RoomAccelerometer(_RoomSamples):
    """An accelerometer on the room's shaker, which moves it along z."""

    sensor = SceneSensor.ACCELEROMETER
    sampling = _MOTION

    def _measured(self, wave: NDArray[np.float32], state: RoomState) -> NDArray[np.int16]:
        motion = self._noise(len(wave), state)
        motion[:, 2] += 1.0 + wave * state.vibration
        return _counts(motion, self.sampling)


def _counts(values: NDArray[np.float64], sampling: Sampling) -> NDArray[np.int16]:
    return np.clip(np.rint(values / sampling.scale), -32768, 32767).astype(np.int16)


_SENSORS: dict[str, Callable[[SceneSpec], AnySource]] = {
    "camera": RoomCamera,
    "microphone": RoomMicrophone,
    "accelerometer": RoomAccelerometer,
}


def open_room(spec: SceneSpec, options: SceneOptions) -> AnySource:
    """Return the scene of `room:FOLDER?sensor=camera`, microphone or accelerometer. Raises ConfigError."""
    spec.check_options("sensor")
    sensor = spec.option("sensor", _known, "camera", ", ".join(_SENSORS))
    return _SENSORS[sensor](spec)


def _known(sensor: str) -> str:
    if sensor not in _SENSORS:
        raise ValueError(sensor)
    return sensor
