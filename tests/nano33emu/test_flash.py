"""From an empty chip to predictions, and from one app to another: touch, bootloader, upload, USB, HELLO, push."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest
from tinyhost.boards import list_boards
from tinyhost.boards.bootloader import PROGRAM_BYTES
from tinyhost.boards.flash import burn_bootloader
from tinyhost.boards.packaged import find_firmware
from tinyhost.boards.state import BoardFolder
from tinyhost.device import Device

from tests.commands import run_json
from tests.nano33emu.programs import compile_program
from tests.stations import Stations, found_defects

pytestmark = [pytest.mark.firmware, pytest.mark.xdist_group("m4")]
PROGRAM_BEGIN, PAGE_BYTES = 0x10000, 4096

# It uses a sensor that is not modelled, and writes to the MPU at each turn, as systems with tasks do.
OWN_BOOTLOADER = """
void Reset(void) {
  REG(0x4000c520) = 1;
  for (u32 i = 0; i < 20000; ++i) {
    REG(0xE000ED94) = 0; __asm__("dsb; isb");
    REG(0xE000ED9C) = 0x20000000 | 0x10 | 1; REG(0xE000EDA0) = 0x13000000 | 28 << 1 | 1;
    REG(0xE000ED94) = 5; __asm__("dsb; isb");
  }
  __asm__("msr msp, %0; bx %1" : : "r"(REG(0x10000)), "r"(REG(0x10004)));
}
"""


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


def test_a_bootloader_of_ones_own_starts_the_program_and_is_not_judged(stations: Stations, tmp_path: Path) -> None:
    station = stations("nano33emu", "kws")
    burn_bootloader(station.board, compile_program(OWN_BOOTLOADER, tmp_path, begin=0))
    with station.board.power() as power, Device.open(power) as device:
        assert device.ping().uptime_us > 0
        assert device.info.app == "kws"
    assert (
        "the bootloader: write of 0x00000001 to 0x4000c520" in BoardFolder(station.state, "nano33emu").log.read_text()
    )
    assert found_defects(station.state) == []


@pytest.mark.soak
@pytest.mark.parametrize("revision", ["nano33emu", "nano33emu:rev2"])
@pytest.mark.skipif(
    "TINYHOST_BOOTLOADER" not in os.environ, reason="TINYHOST_BOOTLOADER names Arduino's bootloader.bin"
)
def test_arduinos_bootloader_takes_each_app_by_touch_and_starts_it(tmp_path: Path, revision: str) -> None:
    words = ["--board", revision, "--bootloader", os.environ["TINYHOST_BOOTLOADER"]]
    for app in ("kws", "vww", "anomaly", "kws"):
        document = run_json("flash", app, *words, TINYHOST_STATE=tmp_path)
        assert (document["app"], document["upload"]["retries"]) == (app, 0)
        assert document["model"]["name"].startswith(app)
        assert run_json("bench", *words[:2], "--runs", "1", TINYHOST_STATE=tmp_path)["agreement"]["mismatches"] == 0
        words = words[:2]
    assert found_defects(tmp_path) == []
