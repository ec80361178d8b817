"""A reader's folder: the repository's `models` and `hil`, and virtual boards of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINKED = ("hil", "models", "scripts")

Shell = Callable[[str], subprocess.CompletedProcess[str]]
"""runs one command, and returns it when it is done; both outputs are in stdout"""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Return a function that runs a command in a folder like a fresh clone, whose boards no other test knows."""
    for name in LINKED:
        (tmp_path / name).symlink_to(ROOT / name)
    binaries = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": f"{binaries}:{os.environ['PATH']}", "TINYHOST_STATE": str(tmp_path / "state")}
    environment.pop("COLUMNS", None)  # the workers of pytest have it of readline, which pytest's own process imports

    def run(command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            check=False,
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
        )

    return run
