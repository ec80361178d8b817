"""The computer's own microphone as a scene. Needs the extra `mic` (sounddevice, PortAudio)."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from tinyhost.boards.scenes.base import Piece, SceneOptions
from tinyhost.boards.scenes.messages import SceneSensor
from tinyhost.boards.scenes.pacing import MEMORY_S
from tinyhost.boards.scenes.sounds import MICROPHONE
from tinyhost.boards.scenes.spec import SceneSpec
from tinyhost.errors import ConfigError, MissingToolError
from tinyhost.system.installation import with_extra
from tinyhost.system.tools import how_to_install

__all__ = ["MicrophoneScene", "open_microphone"]

_RATE_HZ = round(MICROPHONE.rate_hz)
_MEMORY_BYTES = 2 * int(MEMORY_S * _RATE_HZ)
_SAMPLE_BYTES = 2


def open_microphone(spec: SceneSpec, options: SceneOptions) -> MicrophoneScene:
    """Return the scene of `mic:`, or `mic:NAME` or `mic:NUMBER` for one of several.

    Raises MissingToolError without sounddevice or PortAudio, ConfigError if there is no such microphone.
    """
    spec.check_options()
    name = spec.name.partition(":")[2]
    return MicrophoneScene(int(name) if name.isdigit() else name or None)


class MicrophoneScene:
    """What a microphone of this computer hears now: it keeps its own time, and what nobody reads in time is lost."""

    sensor = SceneSensor.MICROPHONE
    sampling = MICROPHONE

    def __init__(self, device: int | str | None) -> None:
        self.description = "mic:" if device is None else f"mic:{device}"
        self.current_name = self.description
        self._lock = threading.Lock()
        self._heard = bytearray()
        self._position = 0
        """of the first sample in memory, lost ones too"""
        self._lost = 0
        self._next_s: float | None = None
        self._sounddevice = _import_sounddevice()
        try:
            self._stream: Any = self._sounddevice.RawInputStream(
                samplerate=_RATE_HZ, channels=1, dtype="int16", device=device, callback=self._take
            )
            self._stream.start()
        except (ValueError, self._sounddevice.PortAudioError) as exc:
            raise ConfigError(
                f"scene {self.description}: no such microphone, or it cannot give 16 kHz mono: {exc}",
                hint="python -m sounddevice lists what there is; mic:NUMBER or mic:NAME takes another",
            ) from exc

    def start(self) -> None:
        """Begin again, with what is heard from now on."""
        with self._lock:
            self._heard.clear()
            self._position = self._lost = 0
            self._next_s = None

    def read(self, max_samples: int) -> Piece:
        """Return at most `max_samples` of what was heard. Raises ConfigError if the microphone is gone."""
        if not self._stream.active:
            raise ConfigError(f"scene {self.description}: the microphone stopped", hint="plug it in, and start again")
        with self._lock:
            n_there = len(self._heard) // _SAMPLE_BYTES
            n_taken = min(n_there, max_samples)
            data = bytes(self._heard[: n_taken * _SAMPLE_BYTES])
            del self._heard[: n_taken * _SAMPLE_BYTES]
            position, self._position = self._position, self._position + n_taken
            samples = np.frombuffer(data, np.int16)[:, np.newaxis]
            return Piece(samples=samples, position=position, lost=self._lost, n_waiting=n_there - n_taken)

    def close(self) -> None:
        """Let go of the microphone."""
        self._stream.close()

    def _take(self, data: Any, n_samples: int, time: Any, status: Any) -> None:
        """Remember samples; called by PortAudio's thread. What the computer lost shows in the time between buffers."""
        begin_s = float(time.inputBufferAdcTime)
        with self._lock:
            if status.input_overflow and self._next_s is not None:
                self._lose_from_memory(len(self._heard))
                self._lose(max(0, round((begin_s - self._next_s) * _RATE_HZ)))
            self._next_s = begin_s + n_samples / _RATE_HZ
            self._heard += bytes(data)
            self._lose_from_memory(len(self._heard) - _MEMORY_BYTES)

    def _lose_from_memory(self, n_bytes: int) -> None:
        """Forget the oldest samples: nobody came for them, or what follows them has a gap in front."""
        if n_bytes > 0:
            del self._heard[:n_bytes]
            self._lose(n_bytes // _SAMPLE_BYTES)

    def _lose(self, n_samples: int) -> None:
        self._position += n_samples
        self._lost += n_samples


def _import_sounddevice() -> Any:
    try:
        import sounddevice
    except ImportError as exc:
        raise MissingToolError("scene mic: needs the Python package sounddevice", hint=with_extra("mic")) from exc
    except OSError as exc:
        raise MissingToolError(f"scene mic: needs PortAudio: {exc}", hint=how_to_install("portaudio")) from exc
    return sounddevice
