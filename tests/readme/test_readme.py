"""The README's commands, run as they are printed, in a folder like a fresh clone."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(\w+)(?: ([^\n]*))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NOT_HERE = ("board", "make")
"""Marks of blocks that a test cannot run: those that need a real board, and those that run this test."""


def commands() -> list[str]:
    """Return the lines of every `sh` block that carries no mark, in the README's order."""
    lines: list[str] = []
    for language, mark, body in BLOCK.findall((ROOT / "README.md").read_text()):
        assert mark in ("", *NOT_HERE), f"README.md: a block is marked {mark!r}"
        if language == "sh" and not mark:
            lines += [line.split("  #")[0].strip() for line in body.splitlines() if line.strip()]
    return lines


@pytest.mark.firmware
def test_readme_commands_run_in_order(tmp_path: Path) -> None:
    """One state, one after the other, as a reader would; `models` and `hil` are linked in from the checkout."""
    for name in ("models", "hil"):
        (tmp_path / name).symlink_to(ROOT / name)
    binaries = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": f"{binaries}:{os.environ['PATH']}", "TINYHOST_STATE": str(tmp_path / "state")}
    ran = commands()
    assert len(ran) >= 10, "the README lost its tour"
    for command in ran:
        words = shlex.split(command)
        done = subprocess.run(
            words, check=False, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
        )
        output = f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        assert done.returncode == 0, f"$ {command}\nexit {done.returncode}\n{output}"


def test_every_file_that_the_readme_links_is_there() -> None:
    text = (ROOT / "README.md").read_text()
    links = re.findall(r"\]\(([^)#:]+)\)", text) + re.findall(r'src="([^":]+)"', text)
    missing = [link for link in links if not (ROOT / link).exists()]
    assert links and not missing, missing
