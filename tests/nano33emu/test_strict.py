"""An action that would fail on silicon fails the test in which it happens: as a board error, and on its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tinyhost.boards.state import BoardFolder
from tinyhost.errors import BoardError

from tests.nano33emu.programs import compile_program
from tests.stations import Stations, found_defects

pytestmark = [pytest.mark.firmware, pytest.mark.xdist_group("m4")]
PROGRAM_BEGIN = 0x10000
FAULTY = "void Reset(void) { MpuOff(); REG(0x40000) = 0; Rest(); }"
DEFECT = "flash 0x40000: a store of 0x00000000 without CONFIG.WEN"


def test_firmware_with_a_planted_fault_dies_and_leaves_the_proof(stations: Stations, tmp_path: Path) -> None:
    station = stations("nano33emu", "kws")
    folder = BoardFolder(station.state, "nano33emu")
    flash, program = bytearray(folder.flash.read_bytes()), compile_program(FAULTY, tmp_path).read_bytes()
    flash[PROGRAM_BEGIN : PROGRAM_BEGIN + len(program)] = program
    folder.flash.write_bytes(flash)
    with pytest.raises(BoardError, match=re.escape(f"!!! {DEFECT}")), station.board.power():
        pass
    assert found_defects(station.state) == [DEFECT]
    (folder.path / "defects").unlink()  # it is this test's own
