"""The README's picture of the monitor can be drawn again, from a real run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.conftest import ROOT


@pytest.mark.firmware
def test_the_monitor_is_drawn_as_it_ran(tmp_path: Path) -> None:
    picture = tmp_path / "monitor.svg"
    script = [sys.executable, "scripts/make_monitor_picture.py", "--out", str(picture), "--seconds", "2"]
    subprocess.run(script, cwd=ROOT, check=True, timeout=300)
    text = picture.read_text()
    assert text.startswith("<svg")
    assert all(word in text for word in ("no_person", "invoke", "smoothed"))
