"""Figures in the history are not measured again; those of another engine are."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from scripts import engine_hash
from scripts.bench_history import Entry, append_entry


def entry(engine: str, commit: str) -> Entry:
    date = "2026-01-02T03:04:05+00:00"
    sizes = {"engine_bytes": 1, "vww_engine_bytes": 1}
    return Entry.of([], date=date, commit=commit, build_id="", engine_hash=engine, **sizes)


@pytest.mark.parametrize(("hashes", "code", "said"), [
    (["old", "new"], 0, "engine new: its figures are in "),
    (["new", "old"], 0, "measured on 2026-01-02 at commit 0"),
    (["old", ""], 1, "engine new: "),
    ([], 1, "has no figures of it"),
])  # fmt: skip
def test_an_engine_is_known_by_its_hash(
    hashes: list[str],
    code: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for number, engine in enumerate(hashes):
        append_entry(tmp_path / "history.json", entry(engine, f"commit {number}"))
    monkeypatch.setattr(engine_hash, "engine_hash", lambda: "new")
    monkeypatch.setattr(sys, "argv", ["engine_hash", str(tmp_path / "history.json")])
    assert engine_hash.main() == code
    assert said in capsys.readouterr().out


def test_the_hash_is_that_of_names_and_contents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_hash, "_ROOT", tmp_path)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/a.cpp").write_text("x")
    (tmp_path / "b.py").write_text("y")
    first = engine_hash.sources_hash("lib", "b.py")
    (tmp_path / "lib/notes.md").write_text("z")
    assert engine_hash.sources_hash("lib", "b.py") == first
    assert engine_hash.sources_hash("lib", "b.py", more="gcc 13") != first
    (tmp_path / "lib/a.cpp").rename(tmp_path / "lib/c.cpp")
    assert engine_hash.sources_hash("lib", "b.py") != first
