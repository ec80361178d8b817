"""Commands report once which files of a scene's folder look like samples but are not played."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands import run_tinyhost


@pytest.mark.parametrize("words", [["monitor", "--plain"], ["capture", "--label", "a"], ["bench"], ["board", "run"]])
def test_what_a_mac_left_in_a_scene_is_reported(tmp_path: Path, words: list[str]) -> None:
    for name in ("person/a.png", "person/._a.png", "person/._b.png", ".DS_Store"):
        (tmp_path / "scene" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "scene" / name).write_bytes(b"")
    where = ["--board", "native", "--state", str(tmp_path / "state"), "--scene", str(tmp_path / "scene")]
    done = run_tinyhost(*words, *where)
    told = " ".join(done.err.split())
    assert told.count("skipped person/._a.png and 1 more") == 1, done.err
    assert "no firmware on native" in told
