"""Actuators of light, sound and motion: a window, a loudspeaker, a program, or a simulated room."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from queue import Empty, Queue
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.audio.wav import write_wav
from tinyhost.boards.scenes.room import Room
from tinyhost.errors import MissingToolError, StimulusError
from tinyhost.hil.power import run_command
from tinyhost.hil.stimuli.config import FILE, StimulusPlan, window_command
from tinyhost.system.installation import with_extra
from tinyhost.system.tools import how_to_install

__all__ = ["Actuator", "PlayCommand", "ScreenWindow", "SoundDevice", "open_actuator"]

_ANSWER_S = 20.0
_AFTER_S = 30.0


class Actuator(Protocol):
    """The contract of an actuator; a screen cannot play, a loudspeaker cannot show."""

    def show(self, picture: NDArray[np.uint8]) -> None:
        """Show a picture, (h, w) grey levels, until the next one. Raises StimulusError, MissingToolError."""

    def play(self, pcm: NDArray[np.int16]) -> None:
        """Start to play, (n,) at 16 kHz. Raises StimulusError, MissingToolError."""

    def close(self) -> None:
        """Release its resources."""


class _Nothing:
    """The errors of an actuator for what it cannot do."""

    def show(self, picture: NDArray[np.uint8]) -> None:
        raise StimulusError("this stimulus shows no pictures", hint='kind = "screen" does')

    def play(self, pcm: NDArray[np.int16]) -> None:
        raise StimulusError("this stimulus plays nothing", hint='kind = "speaker" and "shaker" do')

    def close(self) -> None:
        """Do nothing."""


class ScreenWindow(_Nothing):
    """A window of its own process, on this computer or, by `on`, on another."""

    def __init__(self, plan: StimulusPlan) -> None:
        """Open the window. Raises StimulusError, MissingToolError without Tk."""
        self._where = f"screen {plan.display or os.environ.get('DISPLAY', '')}".strip()
        self._answers: Queue[str] = Queue()
        self._number = 0
        command = window_command(plan)
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        except OSError as exc:
            raise MissingToolError(f"{self._where}: {command[0]}: {exc}", hint="install it, or correct `on`") from exc
        threading.Thread(target=self._listen, daemon=True).start()
        _, width, height = self._expect("ready").split()
        self._side = min(int(width), int(height))

    def show(self, picture: NDArray[np.uint8]) -> None:
        """Show the picture as large as it fits, each of its pixels a square; returns when the display has it."""
        zoom = max(1, self._side // max(picture.shape))
        large = np.ascontiguousarray(picture.repeat(zoom, axis=0).repeat(zoom, axis=1))
        self._number += 1
        header = f"{self._number} {large.shape[1]} {large.shape[0]}\n".encode()
        stdin = self._process.stdin
        assert stdin is not None
        try:
            stdin.write(header + large.tobytes())
            stdin.flush()
        except OSError as exc:
            raise self._gone(str(exc)) from exc
        self._expect(f"shown {self._number}")

    def close(self) -> None:
        """Close the window."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        try:
            self._process.wait(5.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with suppress(OSError, ValueError):
            for line in self._process.stdout:
                self._answers.put(line.decode(errors="replace").strip())
        self._answers.put("gone")

    def _expect(self, answer: str) -> str:
        try:
            got = self._answers.get(timeout=_ANSWER_S)
        except Empty:
            got = f"nothing in {_ANSWER_S:g} s"
        if got.startswith(answer):
            return got
        self.close()
        if got.startswith("missing"):
            raise MissingToolError(f"{self._where}: Python has no Tk: {got}", hint=how_to_install("tk"))
        raise self._gone(got)

    def _gone(self, why: str) -> StimulusError:
        return StimulusError(f"{self._where}: the window does not answer: {why}", hint="is the display on?")


class PlayCommand(_Nothing):
    """A program that plays a wav file."""

    def __init__(self, command: tuple[str, ...]) -> None:
        self._command = command
        self._running: list[threading.Thread] = []
        self._failure: Exception | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="tinyhost-")
        self._number = 0

    def play(self, pcm: NDArray[np.int16]) -> None:
        """Start the program after the last one has ended; an error of that one is raised now."""
        self._wait()
        self._number += 1
        path = Path(self._folder.name) / f"{self._number}.wav"
        write_wav(path, pcm)
        command = tuple(str(path) if word == FILE else word for word in self._command)
        thread = threading.Thread(target=self._run, args=(command, len(pcm) / SAMPLE_RATE_HZ), daemon=True)
        self._running = [thread]
        thread.start()

    def close(self) -> None:
        """Wait for the end of playing."""
        with suppress(StimulusError, MissingToolError):
            self._wait()
        self._folder.cleanup()

    def _run(self, command: tuple[str, ...], seconds: float) -> None:
        try:
            run_command("stimulus", command, timeout_s=seconds + _AFTER_S)
        except Exception as exc:  # raised by the next call, in the caller's thread
            self._failure = exc

    def _wait(self) -> None:
        for thread in self._running:
            thread.join()
        failure, self._failure = self._failure, None
        if isinstance(failure, MissingToolError):
            raise failure
        if failure is not None:
            raise StimulusError(str(failure), hint="run it by hand") from failure


class SoundDevice(_Nothing):
    """A loudspeaker, or a shaker behind an amplifier, as a sound device of this computer."""

    def __init__(self, device: str | None) -> None:
        """device: its name; None takes the default one. Raises MissingToolError without sounddevice or PortAudio."""
        try:
            import sounddevice
        except ImportError as exc:
            raise MissingToolError(
                "stimulus: a sound device needs the Python package sounddevice", hint=with_extra("mic")
            ) from exc
        except OSError as exc:
            raise MissingToolError(f"stimulus: needs PortAudio: {exc}", hint=how_to_install("portaudio")) from exc
        self._sounddevice: Any = sounddevice
        self._device = device

    def play(self, pcm: NDArray[np.int16]) -> None:
        """Start to play; anything still playing is stopped."""
        try:
            self._sounddevice.play(pcm, SAMPLE_RATE_HZ, device=self._device)
        except (ValueError, self._sounddevice.PortAudioError) as exc:
            hint = "python -m sounddevice lists what there is"
            raise StimulusError(f"stimulus: sound device {self._device or 'by default'}: {exc}", hint=hint) from exc

    def close(self) -> None:
        """Stop playing."""
        self._sounddevice.stop()


class _RoomActuator(Room):
    """A simulated room."""

    def close(self) -> None:
        """Do nothing."""


def open_actuator(plan: StimulusPlan, room: Path) -> Actuator:
    """Return the actuator of a rig file. room: folder of a simulated room. Raises StimulusError, MissingToolError."""
    if plan.kind == "room":
        return _RoomActuator(room)
    if plan.kind == "screen":
        return ScreenWindow(plan)
    return PlayCommand(plan.play) if plan.play else SoundDevice(plan.device)
