"""The data set after captures whose processes are killed at random moments, again and again.

TINYHOST_KILL_ROUNDS sets how often; the default is a sample.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import time
from pathlib import Path

import pytest
from tinyhost.datasets.manifest import MANIFEST_NAME, Sample
from tinyhost.sensors.picture_file import read_picture

from tests.stations import Station

pytestmark = pytest.mark.firmware

N_ROUNDS = int(os.environ.get("TINYHOST_KILL_ROUNDS", "3"))
LONGEST_S = 1.2


def capture(folder: Path, scene: Path, count: int) -> list[str]:
    return ["capture", "--label", "person", "--count", str(count), "--data", str(folder), "--scene", str(scene)]


def whole_pictures(folder: Path) -> dict[str, str]:
    """Return {file: SHA-256} of the pictures on disk, each of which must decode."""
    found = {}
    for path in sorted(folder.glob("*/*.png")):
        assert read_picture(path).shape == (96, 96)
        found[f"{path.parent.name}/{path.name}"] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def listed_pictures(folder: Path) -> dict[str, str]:
    """Return {file: SHA-256} of the manifest's whole lines; only the last may be torn."""
    manifest = folder / MANIFEST_NAME
    lines = manifest.read_text(encoding="utf-8").split("\n")[:-1] if manifest.exists() else []
    samples = [Sample.from_line(line.encode(), str(number)) for number, line in enumerate(lines, 1)]
    assert len({sample.file for sample in samples}) == len(samples)
    return {sample.file: sample.sha256 for sample in samples}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["SIGKILL", "SIGTERM"])
def test_a_capture_that_is_killed_again_and_again_loses_nothing(
    native: Station, pictures: Path, tmp_path: Path, number: signal.Signals
) -> None:
    moments, folder = random.Random(7), tmp_path / "set"
    before: dict[str, str] = {}
    for _ in range(N_ROUNDS):
        process = native.start(*capture(folder, pictures, 100_000))
        time.sleep(moments.uniform(0.2, LONGEST_S))
        process.send_signal(number)
        _, remarks = process.communicate(timeout=120)
        assert process.returncode in {-number, 128 + number}, remarks  # SIGTERM may come before Python is up
        pictures_now, lines_now = whole_pictures(folder), listed_pictures(folder)
        assert pictures_now.items() >= before.items()
        assert pictures_now.items() >= lines_now.items()
        assert len(pictures_now) - len(lines_now) <= 1  # the sample in flight
        before = pictures_now
    native.run(*capture(folder, pictures, 1))
    after = whole_pictures(folder)
    assert after == listed_pictures(folder)
    assert after.items() >= before.items()
    assert len(after) == len(before) + 1
    assert [int(Path(file).stem) for file in after] == list(range(1, len(after) + 1))
    assert not list(folder.glob("*/.*.part"))
