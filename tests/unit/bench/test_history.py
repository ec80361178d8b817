"""The table of many models, and its history."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tinyhost.bench.operator_costs import total_by_operator
from tinyhost.bench.result import OperatorTicks
from tinyhost.bench.table import ModelFigures, find_models
from tinyhost.errors import ConfigError, ModelError

from scripts.bench_history import Entry, append_entry, changes, read_history


def operator(name: str, macs: int, ticks: int) -> OperatorTicks:
    return OperatorTicks(index=0, name=name, output_shape=(1, 2), macs=macs, ticks=ticks, share=0.0)


FIGURES = ModelFigures(
    name="net",
    sha256="ab" * 32,
    macs=1000,
    live_macs=900,
    ticks=5000,
    arena_bytes=640,
    flash_bytes=2048,
    compared=3,
    mismatches=0,
    kinds=total_by_operator([operator("CONV_2D", 1000, 4000), operator("SOFTMAX", 0, 1000)]),
)


def entry(figures: ModelFigures, commit: str) -> Entry:
    return Entry.of(
        [figures],
        date="2026-01-01T00:00:00+00:00",
        commit=commit,
        build_id="0" * 16,
        engine_bytes=9000,
        vww_engine_bytes=7000,
    )


def test_kinds_add_up_operators_the_dearest_first() -> None:
    kinds = total_by_operator([operator("SOFTMAX", 0, 50), operator("CONV_2D", 10, 100), operator("CONV_2D", 30, 50)])
    assert [(k.name, k.n, k.macs, k.ticks, k.share, k.ticks_per_mac) for k in kinds] == [
        ("CONV_2D", 2, 40, 150, 0.75, 3.75),
        ("SOFTMAX", 1, 0, 50, 0.25, None),
    ]


def test_history_keeps_entries_and_tells_changes(tmp_path: Path) -> None:
    path = tmp_path / "new" / "history.json"
    assert read_history(path) == []
    append_entry(path, entry(FIGURES, "aaa"))
    faster = replace(FIGURES, ticks=4000, name="renamed")
    assert [(c.what, c.before, c.now, c.ratio) for c in changes(read_history(path), [faster])] == [
        ("ticks", 5000, 4000, 0.8)
    ]
    append_entry(path, entry(faster, "bbb"))
    assert [item.commit for item in read_history(path)] == ["aaa", "bbb"]
    assert changes(read_history(path), [faster]) == []


def test_measuring_a_commit_again_replaces_its_entry(tmp_path: Path) -> None:
    path = tmp_path / "history.json"
    append_entry(path, entry(FIGURES, "aaa"))
    append_entry(path, entry(replace(FIGURES, ticks=1), "aaa"))
    assert [item.models["net"]["ticks"] for item in read_history(path)] == [1]


def test_a_model_that_is_not_in_the_history_has_no_change(tmp_path: Path) -> None:
    assert changes([entry(FIGURES, "aaa")], [replace(FIGURES, sha256="cd" * 32, ticks=1)]) == []


def test_other_files_are_no_history(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"format": 1}')
    with pytest.raises(ConfigError, match=r'x\.json: "entries" is missing'):
        read_history(tmp_path / "x.json")


def test_models_are_found_below_folders(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("b/z.tflite", "a.tflite", "c.txt"):
        (tmp_path / name).write_bytes(b"")
    assert find_models([tmp_path]) == [tmp_path / "a.tflite", tmp_path / "b/z.tflite"]
    with pytest.raises(ModelError, match=r"no \.tflite"):
        find_models([tmp_path / "none"])
