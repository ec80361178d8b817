"""Stimuli of a rig: rig files, real firmware that receives them, and the outcome if a marker is missing."""

from __future__ import annotations

import importlib.util
import io
import re
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from tinyhost.boards.scenes import open_scene
from tinyhost.boards.scenes.base import PictureSource, SampleSource
from tinyhost.boards.scenes.room import Room, RoomState
from tinyhost.errors import BoardError, ConfigError, MissingToolError, StimulusError
from tinyhost.hil.allowed import allow_rig, check_allowed, read_allowed
from tinyhost.hil.rigs import RigBoard, load_rig
from tinyhost.hil.stimuli import hearing
from tinyhost.hil.stimuli.actuators import PlayCommand, ScreenWindow
from tinyhost.hil.stimuli.config import StimulusPlan
from tinyhost.hil.stimuli.window import read_picture
from tinyhost.sensors.sync_markers.border import draw_border, read_border
from tinyhost.sensors.sync_markers.tones import chirp, find_burst, find_chirp

CARD = np.asarray(np.add.outer(np.arange(96), np.arange(96)), np.uint8)


def board_of(folder: Path, stimulus: str, *, kind: str = "nano33ble", app: str = "vww") -> RigBoard:
    (folder / "tests").mkdir(exist_ok=True)
    (folder / "rig.toml").write_text(
        f'name = "r"\ntests = "tests"\n[[board]]\nname = "b"\ntype = "{kind}"\napp = "{app}"\nstimulus = {stimulus}\n'
    )
    return load_rig(folder / "rig.toml").boards[0]


@pytest.mark.parametrize(
    ("stimulus", "app", "plan"),
    [
        ('{ kind = "screen" }', "vww", StimulusPlan(kind="screen")),
        (
            '{ kind = "screen", display = ":1", side = 480, on = ["ssh", "bench", "python3"] }',
            "vww",
            StimulusPlan(kind="screen", display=":1", side=480, on=("ssh", "bench", "python3")),
        ),
        ('{ kind = "speaker", device = "USB" }', "kws", StimulusPlan(kind="speaker", device="USB")),
        (
            '{ kind = "shaker", play = ["aplay", "{file}"] }',
            "anomaly",
            StimulusPlan(kind="shaker", play=("aplay", "{file}")),
        ),
    ],
)
def test_what_a_rig_file_says_of_a_stimulus(tmp_path: Path, stimulus: str, app: str, plan: StimulusPlan) -> None:
    board = board_of(tmp_path, stimulus, app=app)
    assert board.stimulus == plan
    assert "stimulus" in board.capabilities
    assert board.programs == plan.commands


@pytest.mark.parametrize(
    ("stimulus", "message"),
    [
        ('{ kind = "lamp" }', "expected one of screen, speaker, shaker, room"),
        ('{ kind = "speaker" }', "a speaker is for a microphone, the app's is a camera"),
        ('{ kind = "room" }', "a room is simulated"),
        ('{ kind = "screen", side = 20000 }', "expected at most 10000 pixels"),
        ('{ kind = "screen", device = "x" }', "unknown key"),
        ('{ kind = "screen", on = ["./ssh"] }', "depends on the current folder"),
        ('"screen"', "expected a table"),
    ],
)
def test_a_wrong_stimulus_is_refused_with_its_line(tmp_path: Path, stimulus: str, message: str) -> None:
    with pytest.raises(ConfigError, match=rf"rig\.toml:7: .*{re.escape(message)}"):
        board_of(tmp_path, stimulus)


def test_a_player_without_the_file_and_two_players_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no argument is \{file\}"):
        board_of(tmp_path, '{ kind = "speaker", play = ["aplay"] }', app="kws")
    with pytest.raises(ConfigError, match="either a device or a program"):
        board_of(tmp_path, '{ kind = "speaker", device = "x", play = ["aplay", "{file}"] }', app="kws")


def test_the_programs_of_a_stimulus_need_the_owners_leave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYHOST_ALLOWED", str(tmp_path / "allowed.json"))
    board = board_of(tmp_path, '{ kind = "speaker", play = ["aplay", "{file}"] }', app="kws")
    with pytest.raises(ConfigError, match=r"aplay '\{file\}'"):
        check_allowed(board, read_allowed())
    allow_rig(tmp_path / "rig.toml", board.rig_sha256)
    check_allowed(board, read_allowed())


def room_scene(folder: Path, sensor: str) -> tuple[Room, PictureSource | SampleSource]:
    scene = open_scene(f"room:{folder}?sensor={sensor}")
    assert isinstance(scene, SampleSource) or hasattr(scene, "next_frame")
    return Room(folder), scene  # type: ignore[return-value]


def test_a_rooms_camera_sees_the_screen_by_the_rooms_light(tmp_path: Path) -> None:
    room, scene = room_scene(tmp_path, "camera")
    assert not isinstance(scene, SampleSource)
    assert scene.next_frame(96, 96).max() < 10
    room.show(draw_border(CARD, 5))
    mark = read_border(scene.next_frame(96, 96))
    assert mark is not None and mark.number == 5 and mark.contrast == pytest.approx(0.85 * 255, abs=2)
    room.become(RoomState(frozen=True))
    room.show(draw_border(CARD, 6))
    mark = read_border(scene.next_frame(96, 96))
    assert mark is not None and mark.number == 5
    room.become(RoomState(light=0.01))
    assert read_border(scene.next_frame(96, 96)) is None


def test_a_rooms_microphone_and_accelerometer_get_what_is_played_once(tmp_path: Path) -> None:
    room, scene = room_scene(tmp_path / "a", "microphone")
    assert isinstance(scene, SampleSource)
    scene.read(100)
    room.play(np.rint(16_000 * chirp(16_000)).astype(np.int16))
    mark = find_chirp(scene.read(8000)[:, 0], 16_000)
    assert mark is not None and mark.position == pytest.approx(0, abs=1)
    scene.restart()
    assert find_chirp(scene.read(8000)[:, 0], 16_000) is None
    room, scene = room_scene(tmp_path / "b", "accelerometer")
    assert isinstance(scene, SampleSource)
    room.become(RoomState(vibration=0.0))
    room.play(np.full(16_000, 32_000, np.int16))
    still = scene.read(200)
    assert find_burst(still, 119.0) is None
    assert still[:, 2].mean() * scene.sampling.scale == pytest.approx(1.0, abs=0.01)


def test_the_windows_pictures_are_bounded() -> None:
    assert read_picture(io.BytesIO(b"7 2 1\nab")) == (7, b"P5 2 1 255\nab")
    assert read_picture(io.BytesIO(b"")) is None
    for wrong in (b"7 2 2\nabc", b"7 99999 99999\n", b"x\n", b"1 0 1\n"):
        with pytest.raises(ValueError, match=r".+"):
            read_picture(io.BytesIO(wrong))


def test_a_window_that_cannot_open_is_the_rigs_fault() -> None:
    has_tk = importlib.util.find_spec("tkinter") is not None
    error, words = (BoardError, "the window does not answer") if has_tk else (MissingToolError, "Python has no Tk")
    with pytest.raises(error, match=f"screen :9999: {words}"):
        ScreenWindow(StimulusPlan(kind="screen", display=":9999"))
    with pytest.raises(MissingToolError, match="no-such-program"):
        ScreenWindow(StimulusPlan(kind="screen", on=("no-such-program",)))


def test_a_player_gets_the_sound_and_its_failure_is_reported(tmp_path: Path) -> None:
    played = tmp_path / "played.wav"
    player = PlayCommand(("cp", "{file}", str(played)))
    player.play(np.arange(100, dtype=np.int16))
    player.close()
    assert played.stat().st_size == 44 + 200
    player = PlayCommand(("false", "{file}"))
    player.play(np.zeros(10, np.int16))
    with pytest.raises(StimulusError, match="false"):
        player.play(np.zeros(10, np.int16))
    player.close()


@pytest.mark.parametrize(("late", "said"), [(0, ""), (200, ""), (1600, r"it came \+100 ms off"), (None, "none came")])
def test_a_sound_that_was_torn_or_broken_off_is_the_rigs_fault(late: int | None, said: str) -> None:
    samples = np.random.default_rng(1).normal(0, 30, 20_000)
    if late is not None:
        at = round(hearing._EARLY_S * 16_000) + late
        samples[at : at + len(chirp(16_000))] += 8000 * chirp(16_000)
    with pytest.raises(StimulusError, match=said) if said else nullcontext():
        hearing._check_whole("desk", samples.astype(np.int16), 16_000.0)
