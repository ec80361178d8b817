"""Builds of one checkout take turns: PlatformIO empties the build folder when platformio.ini has changed."""

from __future__ import annotations

import fcntl
import threading
from pathlib import Path

import pytest
from tinyhost.boards.build import Firmware, build_firmware

pytestmark = pytest.mark.firmware
ROOT = Path(__file__).resolve().parents[2]


def test_a_build_waits_for_another_one_to_end() -> None:
    (ROOT / ".pio").mkdir(exist_ok=True)
    built: list[Firmware] = []
    build = threading.Thread(target=lambda: built.append(build_firmware("vww", "native")))
    with (ROOT / ".pio" / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        build.start()
        build.join(1.0)
        assert build.is_alive()
        assert built == []
    build.join()
    assert [firmware.app for firmware in built] == ["vww"]
