"""Stimuli by real parts on this computer: a display of Xvfb that the camera sees, a null sink that is heard."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tinyhost.boards.scenes.display import DisplayScene
from tinyhost.boards.scenes.microphone import PulseScene
from tinyhost.errors import ConfigError
from tinyhost.hil.allowed import allow_rig
from tinyhost.hil.rigs import load_rig
from tinyhost.hil.runner import run_rig
from tinyhost.hil.stimuli.actuators import ScreenWindow
from tinyhost.hil.stimuli.config import StimulusPlan
from tinyhost.sensors.sync_markers.border import draw_border, read_border

pytestmark = pytest.mark.xdist_group("loopback")

REPO = Path(__file__).parents[2]
START_S = 60.0


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + START_S
    while not path.exists():
        assert time.monotonic() < deadline, f"no {path} in {START_S:g} s"
        time.sleep(0.05)


def end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(START_S)


@pytest.fixture
def display(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A virtual display: its name, and the file of its pixels."""
    assert shutil.which("Xvfb"), "scripts/install_packages.sh dev"
    number = 100 + os.getpid() % 800
    command = ["Xvfb", f":{number}", "-screen", "0", "640x480x24", "-fbdir", str(tmp_path), "-nolisten", "tcp"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        wait_for(Path(f"/tmp/.X11-unix/X{number}"))
        wait_for(tmp_path / "Xvfb_screen0")
        yield f":{number}", tmp_path / "Xvfb_screen0"
    finally:
        end(process)


def test_what_a_window_shows_is_what_the_display_has(display: tuple[str, Path]) -> None:
    name, pixels = display
    card = np.asarray(np.add.outer(np.arange(96), np.arange(96)), np.uint8)
    window = ScreenWindow(StimulusPlan(kind="screen", display=name))
    try:
        for number in range(0, 256, 16):
            marked = draw_border(card, number)
            window.show(marked)
            frame = DisplayScene(pixels).next_frame(96, 96)
            mark = read_border(frame)
            assert mark is not None
            assert mark.number == number
            assert mark.contrast == 255
    finally:
        window.close()


@pytest.mark.soak
def test_the_boards_camera_gets_what_a_display_shows(display: tuple[str, Path], tmp_path: Path) -> None:
    name, pixels = display
    rig = tmp_path / "rig.toml"
    rig.write_text(
        f'name = "loop"\ntests = "{REPO / "hil/tests"}"\n[[board]]\nname = "screen"\ntype = "native"\napp = "vww"\n'
        f'scene = "xwd:{pixels}"\nstimulus = {{ kind = "screen", display = "{name}" }}\n'
        'qualify = { white = [60, 255] }\nallow = ["needs_stimulus"]\n'
    )
    result = run_rig(load_rig(rig), folder=tmp_path / "out")
    assert result.passed, result.verdict()
    assert result.counts["passed"] == 4


@pytest.fixture
def sink(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a sound server's sink that goes nowhere."""
    assert shutil.which("pulseaudio"), "scripts/install_packages.sh dev"
    socket = tmp_path / "server"
    for name, value in (("XDG_RUNTIME_DIR", tmp_path), ("HOME", tmp_path), ("PULSE_SERVER", f"unix:{socket}")):
        monkeypatch.setenv(name, str(value))
    modules = (
        f"module-native-protocol-unix socket={socket} auth-anonymous=1",
        "module-null-sink sink_name=rig rate=16000 channels=1 format=s16le",
    )
    options = ["-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disable-shm=yes"]
    command = ["pulseaudio", *options, *(word for module in modules for word in ("-L", module))]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        wait_for(socket)
        yield "rig"
    finally:
        end(process)


def test_the_boards_microphone_hears_what_is_played_to_a_sink(
    sink: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINYHOST_ALLOWED", str(tmp_path / "allowed.json"))
    path = tmp_path / "rig.toml"
    path.write_text(
        f'name = "loop"\ntests = "{REPO / "hil/tests"}"\n[[board]]\nname = "sound"\ntype = "native"\napp = "kws"\n'
        f'scene = "pulse:{sink}.monitor"\n'
        f'stimulus = {{ kind = "speaker", play = ["paplay", "--device={sink}", "{{file}}"] }}\n'
        'allow = ["needs_stimulus"]\n'
    )
    rig = load_rig(path)
    allow_rig(path, rig.boards[0].rig_sha256)
    (board,) = run_rig(rig, folder=tmp_path / "out").boards
    tests = [test for test in board.tests if test.outcome != "not_applicable"]
    assert [test.outcome for test in tests] == ["passed"] * 2, [test.text for test in tests]
    for test in tests:
        assert test.properties["loudspeaker, delay"].endswith(" ms")
        assert test.properties["sound to detection, total"].endswith(" ms")


def test_a_source_that_is_not_there_is_reported(sink: str) -> None:
    del sink
    with pytest.raises(ConfigError, match=r"scene pulse:nowhere: the sound server delivers no samples"):
        PulseScene("nowhere")
