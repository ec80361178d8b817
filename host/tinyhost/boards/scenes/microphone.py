"""Scenes of live sound: this computer's microphone, or a source of its sound server.

`mic:` needs the extra `mic` (sounddevice, PortAudio), `pulse:` the program parec, of PulseAudio; PipeWire takes it.
"""

from __future__ import annotations

import shutil
import subprocess
import threading
from contextlib import suppress
from typing import Any

import numpy as np

from tinyhost.boards.scenes.base import Piece, SceneOptions
from tinyhost.boards.scenes.messages import SceneSensor
from tinyhost.boards.scenes.pacing import MEMORY_S
from tinyhost.boards.scenes.sounds import MICROPHONE
from tinyhost.boards.scenes.spec import SceneSpec
from tinyhost.errors import ConfigError, MissingToolError
from tinyhost.system.installation import with_extra
from tinyhost.system.processes import kill_with_children, start_program
from tinyhost.system.tools import how_to_install

__all__ = ["MicrophoneScene", "PulseScene", "open_microphone", "open_pulse"]

_RATE_HZ = round(MICROPHONE.rate_hz)
_MEMORY_BYTES = 2 * int(MEMORY_S * _RATE_HZ)
_SAMPLE_BYTES = 2
_PIECE_BYTES = 4096
_SAID_BYTES = 400
_FIRST_S = 60.0  # time for the server to start its source


def open_microphone(spec: SceneSpec, options: SceneOptions) -> MicrophoneScene:
    """Return the scene of `mic:`, or `mic:NAME` or `mic:NUMBER` for one of several.

    Raises MissingToolError without sounddevice or PortAudio, ConfigError if there is no such microphone.
    """
    spec.check_options()
    name = spec.name.partition(":")[2]
    return MicrophoneScene(int(name) if name.isdigit() else name or None)


def open_pulse(spec: SceneSpec, options: SceneOptions) -> PulseScene:
    """Return the scene of `pulse:SOURCE`, or of `pulse:`, the server's default source.

    Raises MissingToolError without parec, ConfigError if there is no such source.
    """
    spec.check_options()
    return PulseScene(spec.name.partition(":")[2])


class _Heard:
    """Live sound, which keeps its own time: samples not read in time are lost."""

    sensor = SceneSensor.MICROPHONE
    sampling = MICROPHONE

    def __init__(self, description: str) -> None:
        self.description = self.current_name = description
        self._lock = threading.Lock()
        self._heard = bytearray()
        self._position = 0
        """of the first sample in memory, lost ones too"""
        self._lost = 0
        self._next_s: float | None = None

    def start(self) -> None:
        """Begin again with the sound from now on."""
        with self._lock:
            self._heard.clear()
            self._position = self._lost = 0
            self._next_s = None

    def read(self, max_samples: int) -> Piece:
        """Return at most `max_samples` of the sound. Raises ConfigError if the source is gone."""
        self._check()
        with self._lock:
            n_there = len(self._heard) // _SAMPLE_BYTES
            n_taken = min(n_there, max_samples)
            data = bytes(self._heard[: n_taken * _SAMPLE_BYTES])
            del self._heard[: n_taken * _SAMPLE_BYTES]
            position, self._position = self._position, self._position + n_taken
            samples = np.frombuffer(data, np.int16)[:, np.newaxis]
            return Piece(samples=samples, position=position, lost=self._lost, n_waiting=n_there - n_taken)

    def _check(self) -> None:
        """Raise ConfigError if the source has ended."""

    def _lose_from_memory(self, n_bytes: int) -> None:
        """Drop the oldest samples: they were not read in time, or a gap follows them."""
        if n_bytes > 0:
            del self._heard[:n_bytes]
            self._lose(n_bytes // _SAMPLE_BYTES)

    def _lose(self, n_samples: int) -> None:
        self._position += n_samples
        self._lost += n_samples


class MicrophoneScene(_Heard):
    """Live sound of a microphone of this computer."""

    def __init__(self, device: int | str | None) -> None:
        super().__init__("mic:" if device is None else f"mic:{device}")
        self._sounddevice = _import_sounddevice()
        try:
            self._stream: Any = self._sounddevice.RawInputStream(
                samplerate=_RATE_HZ, channels=1, dtype="int16", device=device, callback=self._take
            )
            self._stream.start()
        except (ValueError, self._sounddevice.PortAudioError) as exc:
            raise ConfigError(
                f"scene {self.description}: no such microphone, or it cannot give 16 kHz mono: {exc}",
                hint="python -m sounddevice lists the microphones; choose one with mic:NUMBER or mic:NAME",
            ) from exc

    def _check(self) -> None:
        if not self._stream.active:
            raise ConfigError(f"scene {self.description}: the microphone stopped", hint="plug it in and start again")

    def close(self) -> None:
        """Release the microphone."""
        self._stream.close()

    def _take(self, data: Any, n_samples: int, time: Any, status: Any) -> None:
        """Store samples; called by PortAudio's thread. Lost ones show in the time between buffers."""
        begin_s = float(time.inputBufferAdcTime)
        with self._lock:
            if status.input_overflow and self._next_s is not None:
                self._lose_from_memory(len(self._heard))
                self._lose(max(0, round((begin_s - self._next_s) * _RATE_HZ)))
            self._next_s = begin_s + n_samples / _RATE_HZ
            self._heard += bytes(data)
            self._lose_from_memory(len(self._heard) - _MEMORY_BYTES)


class PulseScene(_Heard):
    """Live sound of a source of the sound server: a microphone, or the monitor of a sink."""

    def __init__(self, source: str) -> None:
        """Return when it gives samples."""
        super().__init__(f"pulse:{source}")
        program = shutil.which("parec")
        if program is None:
            raise MissingToolError(f"scene {self.description}: needs parec", hint=how_to_install("parec"))
        asked = [f"--device={source}"] if source else []
        self._process = start_program(
            [program, *asked, "--raw", "--format=s16le", f"--rate={_RATE_HZ}", "--channels=1", "--latency-msec=20"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._came = threading.Event()
        self._reader = threading.Thread(target=self._take, name=self.description, daemon=True)
        self._reader.start()
        self._came.wait(_FIRST_S)
        if not self._heard:
            self.close()
            self._check()

    def close(self) -> None:
        """Release the source."""
        with suppress(OSError):  # it may have ended by itself
            kill_with_children(self._process)
        self._process.wait()
        self._reader.join()

    def _check(self) -> None:
        if self._process.poll() is not None:
            assert self._process.stderr
            said = self._process.stderr.read(_SAID_BYTES).decode(errors="replace").strip()
            raise ConfigError(
                f"scene {self.description}: the sound server delivers no samples: {said or 'no message'}",
                hint="pactl list short sources lists the sources; PULSE_SERVER selects another server",
            )

    def _take(self) -> None:
        assert self._process.stdout
        rest = b""
        while data := self._process.stdout.read1(_PIECE_BYTES):  # type: ignore[attr-defined]
            whole = len(rest + data) // _SAMPLE_BYTES * _SAMPLE_BYTES
            with self._lock:
                self._heard += (rest + data)[:whole]
                self._lose_from_memory(len(self._heard) - _MEMORY_BYTES)
            rest = (rest + data)[whole:]
            self._came.set()
        self._came.set()


def _import_sounddevice() -> Any:
    try:
        import sounddevice
    except ImportError as exc:
        raise MissingToolError("scene mic: needs the Python package sounddevice", hint=with_extra("mic")) from exc
    except OSError as exc:
        raise MissingToolError(f"scene mic: needs PortAudio: {exc}", hint=how_to_install("portaudio")) from exc
    return sounddevice
