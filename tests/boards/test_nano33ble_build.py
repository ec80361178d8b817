"""The Nano's program: built without any registry, the same bytes in every folder, without a heap."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tinyhost.boards.build import build_firmware, pio_environment

REPO = Path(__file__).resolve().parents[2]
SOURCES = ("firmware", "protocol", "platformio.ini")
ENVIRONMENT = "vww_nano33ble"


@pytest.fixture(scope="module")
def built() -> Path:
    """The program as the checkout builds it."""
    return build_firmware("vww", "nano33ble").path


def test_another_folder_gives_the_same_bytes(built: Path, tmp_path: Path) -> None:
    for name in SOURCES:
        source = REPO / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name)
        else:
            shutil.copy(source, tmp_path / name)
    command = [sys.executable, "-m", "platformio", "run", "-e", ENVIRONMENT, "-d", str(tmp_path), "-j", "2"]
    subprocess.run(command, check=True, capture_output=True, env=pio_environment())
    assert (tmp_path / ".pio/build" / ENVIRONMENT / "firmware.bin").read_bytes() == built.read_bytes()


def test_the_program_names_no_folder_of_this_computer(built: Path) -> None:
    program = built.read_bytes()
    assert str(REPO).encode() not in program
    assert str(Path.home()).encode() not in program


def test_vectors_are_at_the_begin_and_the_stack_at_the_bottom_of_the_ram(built: Path) -> None:
    program = built.read_bytes()
    stack, start = (int.from_bytes(program[at : at + 4], "little") for at in (0, 4))
    assert stack == 0x20002000
    assert start % 2 == 1
    assert 0x10000 < start < 0x10000 + len(program)


def test_nothing_asks_for_memory_at_run_time(built: Path) -> None:
    names = subprocess.run(
        ["arm-none-eabi-nm", str(built.with_suffix(".elf"))], check=True, capture_output=True, text=True
    ).stdout.split()
    assert not {"_Znwj", "_Znaj", "calloc", "malloc"} & set(names)
