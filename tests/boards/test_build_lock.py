"""Builds of one checkout take turns: PlatformIO empties the build folder when platformio.ini has changed."""

from __future__ import annotations

import fcntl
import threading
from pathlib import Path

import pytest
from tinyhost.boards.build import build_firmware

pytestmark = pytest.mark.firmware
ROOT = Path(__file__).resolve().parents[2]


def test_a_build_waits_for_another_one_to_end() -> None:
    (ROOT / ".pio").mkdir(exist_ok=True)
    lines: list[str] = []
    build = threading.Thread(target=build_firmware, args=("vww", "native"), kwargs={"progress": lines.append})
    with (ROOT / ".pio" / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        build.start()
        build.join(1.0)
        assert build.is_alive()
        assert lines == []
    build.join()
    assert lines
