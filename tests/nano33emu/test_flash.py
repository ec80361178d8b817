"""From an empty chip to predictions, and from one app to another: touch, bootloader, upload, USB, HELLO, push."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from tinyhost.boards import list_boards
from tinyhost.boards.bootloader import PROGRAM_BYTES
from tinyhost.boards.packaged import find_firmware
from tinyhost.boards.state import BoardFolder

from tests.commands import run_json

pytestmark = [pytest.mark.firmware, pytest.mark.xdist_group("m4")]
PROGRAM_BEGIN, PAGE_BYTES = 0x10000, 4096


def test_an_empty_chip_is_flashed_and_then_another_app_by_touch(tmp_path: Path) -> None:
    folder = BoardFolder(tmp_path, "nano33emu")
    for app in ("kws", "anomaly"):
        wanted = find_firmware(app, "nano33ble")
        program = wanted.path.read_bytes()
        document = run_json("flash", app, "--board", "nano33emu", TINYHOST_STATE=tmp_path)
        assert (document["board"], document["app"], document["firmware"]) == ("nano33emu", app, wanted.origin)
        upload = document["upload"]
        assert (upload["pages"], upload["retries"]) == (math.ceil(len(program) / PAGE_BYTES), 0)
        assert upload["serial"] == folder.serial_number()
        assert document["model"]["name"].startswith(app)
        flash = folder.flash.read_bytes()
        assert flash[PROGRAM_BEGIN : PROGRAM_BEGIN + len(program)] == program  # byte for byte
        assert "asked for" not in (tmp_path / "flash.log").read_text()  # the touch was enough
        listed = next(status for status in list_boards(tmp_path) if status.name == "nano33emu")
        assert (listed.state, listed.app, listed.build_id) == ("ready", app, wanted.build_id)


def test_flashing_leaves_models_and_settings_as_they_are(tmp_path: Path) -> None:
    folder = BoardFolder(tmp_path, "nano33emu:rev2")
    words = ("flash", "anomaly", "--board", "nano33emu:rev2")
    assert run_json(*words, TINYHOST_STATE=tmp_path)["model"] is not None
    before = folder.flash.read_bytes()[PROGRAM_BEGIN + PROGRAM_BYTES :]
    assert before.strip(b"\xff")
    assert run_json(*words, "--no-model", TINYHOST_STATE=tmp_path)["model"] is None
    assert folder.flash.read_bytes()[PROGRAM_BEGIN + PROGRAM_BYTES :] == before
