"""The computer's own microphone as a scene; a simulated computer replaces PortAudio and its hardware."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.boards.scenes import LiveSource, open_scene
from tinyhost.boards.scenes.base import Piece
from tinyhost.errors import ConfigError, MissingToolError

RATE_HZ = 16_000
MEMORY = RATE_HZ // 4


class PortAudioError(Exception):
    """The exception that sounddevice raises."""


class Computer:
    """A computer with one microphone, which gets its samples from the test."""

    PortAudioError = PortAudioError

    def __init__(self) -> None:
        self.active = False
        self.closed = False
        self._callback: Callable[..., None]

    def RawInputStream(
        self, *, samplerate: int, channels: int, dtype: str, device: int | str | None, callback: Callable[..., None]
    ) -> Computer:
        assert (samplerate, channels, dtype) == (RATE_HZ, 1, "int16")
        if device not in (None, 0, "desk"):
            raise ValueError(f"No input device matching {device!r}")
        self._callback = callback
        return self

    def start(self) -> None:
        self.active = True

    def close(self) -> None:
        self.active, self.closed = False, True

    def hear(self, samples: NDArray[np.int16], begin: int, *, overflow: bool = False) -> None:
        """Hand over samples, the first of which was measured at sample time `begin`."""
        time = SimpleNamespace(inputBufferAdcTime=100 + begin / RATE_HZ)
        self._callback(memoryview(samples.tobytes()), len(samples), time, SimpleNamespace(input_overflow=overflow))


@pytest.fixture
def computer(monkeypatch: pytest.MonkeyPatch) -> Computer:
    computer = Computer()
    monkeypatch.setitem(sys.modules, "sounddevice", computer)
    return computer


def open_live(spec: str = "mic:") -> LiveSource:
    scene = open_scene(spec)
    assert isinstance(scene, LiveSource)
    return scene


def sound(begin: int, n: int) -> NDArray[np.int16]:
    """Samples whose value is their position."""
    return np.arange(begin, begin + n).astype(np.int16)


def place(piece: Piece) -> tuple[int, int, int, int]:
    assert np.array_equal(piece.samples[:, 0], sound(piece.position, len(piece.samples)))
    return piece.position, len(piece.samples), piece.lost, piece.n_waiting


def test_what_is_heard_is_read_in_order(computer: Computer) -> None:
    scene = open_live("mic:desk")
    assert (scene.description, scene.sampling.rate_hz) == ("mic:desk", RATE_HZ)
    scene.start()
    assert place(scene.read(100)) == (0, 0, 0, 0)
    computer.hear(sound(0, 160), 0)
    computer.hear(sound(160, 160), 160)
    assert place(scene.read(200)) == (0, 200, 0, 120)
    assert place(scene.read(200)) == (200, 120, 0, 0)
    scene.close()
    assert computer.closed


def test_what_nobody_reads_in_time_is_lost_and_counted(computer: Computer) -> None:
    scene = open_live()
    computer.hear(sound(0, 1000), 0)
    computer.hear(sound(1000, MEMORY), 1000)
    assert place(scene.read(10)) == (1000, 10, 1000, MEMORY - 10)


def test_what_the_computer_lost_is_a_gap_of_its_length(computer: Computer) -> None:
    scene = open_live()
    computer.hear(sound(0, 160), 0)
    computer.hear(sound(500, 160), 500, overflow=True)
    position, n, lost, _ = place(scene.read(1000))
    assert (position, n, lost) == (500, 160, 500)  # a piece has no gap inside, so the 160 in front of it are lost too


def test_it_begins_anew_when_the_board_switches_its_microphone_on(computer: Computer) -> None:
    scene = open_live()
    computer.hear(sound(7, 2 * MEMORY), 7)
    scene.start()
    computer.hear(sound(0, 50), 9000)
    assert place(scene.read(100)) == (0, 50, 0, 0)


def test_a_microphone_that_is_pulled_is_an_error(computer: Computer) -> None:
    scene = open_live()
    computer.active = False
    with pytest.raises(ConfigError, match="mic:: the microphone stopped"):
        scene.read(100)


@pytest.mark.parametrize("name", ["kitchen", "7"])
def test_a_microphone_that_is_not_there_is_an_error(computer: Computer, name: str) -> None:
    with pytest.raises(ConfigError, match=f"mic:{name}: no such microphone") as error:
        open_scene(f"mic:{name}")
    assert "python -m sounddevice" in error.value.hint


def test_without_the_package_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(MissingToolError, match="Python package sounddevice") as error:
        open_scene("mic:")
    assert "[mic]" in error.value.hint


def test_without_portaudio_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class WithoutPortAudio:
        def find_spec(self, name: str, path: Any, target: Any = None) -> None:
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [WithoutPortAudio(), *sys.meta_path])
    with pytest.raises(MissingToolError, match="PortAudio library not found") as error:
        open_scene("mic:")
    assert "libportaudio2" in error.value.hint
