"""The flash of the virtual boards: a page is erased, a word is written once, and a killed process is a power cut."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.firmware
ROOT = Path(__file__).resolve().parents[2]


def test_flash_behaves_like_flash_and_outlives_the_process(tmp_path: Path) -> None:
    firmware = ROOT / "firmware"
    subprocess.run(
        [
            *("g++", "-std=gnu++17", "-Wall", "-Wextra", "-Werror", f"-I{firmware}", "-o", "program"),
            *(f"-I{firmware / 'lib' / library / 'include'}" for library in ("core", "hal")),
            str(Path(__file__).with_name("flash_program.cpp")),
            *(str(firmware / "boards" / source) for source in ("virtual/flash.cpp", "native/host_file.cpp")),
        ],
        cwd=tmp_path,
        check=True,
    )
    first = subprocess.run("./program", cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (first.stdout, first.returncode) == ("", -signal.SIGABRT)
    assert (tmp_path / "flash.bin").stat().st_size == 688128
    second = subprocess.run("./program", cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (second.stdout, second.returncode) == ("", 0)
