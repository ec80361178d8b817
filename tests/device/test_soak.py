"""The soaks, short here: scripts/soak_link.py, also long under the marker `soak`, and scripts/soak_kills.py."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.firmware

REPO = Path(__file__).parents[2]


def soak(folder: Path, *arguments: str) -> list[dict[str, Any]]:
    result = folder / "soak.json"
    command = [sys.executable, "-m", "scripts.soak_link", *arguments, "--json", str(result)]
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    cases: list[dict[str, Any]] = json.loads(result.read_text())["cases"]
    return cases


def assert_nothing_corrupt_or_unreported(cases: list[dict[str, Any]], n_pushes: int, n_frames: int) -> None:
    assert len(cases) == 8
    assert sum(case["pushes"] for case in cases) == n_pushes
    assert sum(case["frames"] for case in cases) == n_frames
    for case in cases:
        assert (case["bad_models"], case["bad_frames"], case["unreported"]) == (0, 0, 0), case


def test_short_soak(tmp_path: Path) -> None:
    cases = soak(tmp_path, "--pushes", "16", "--large-pushes", "0", "--frames", "80")
    assert_nothing_corrupt_or_unreported(cases, 16, 80)


@pytest.mark.soak
def test_thousand_pushes_and_ten_thousand_frames(tmp_path: Path) -> None:
    assert_nothing_corrupt_or_unreported(soak(tmp_path), 1000, 10_000)


def test_random_kills_lose_and_orphan_nothing(tmp_path: Path) -> None:
    result = tmp_path / "kills.json"
    command = [sys.executable, "-m", "scripts.soak_kills", "--kills", "8", "--json", str(result)]
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(result.read_text())
    assert sum(found["kills"].values()) == 8
    assert found["problems"] == []
