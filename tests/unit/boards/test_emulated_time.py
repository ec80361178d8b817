"""The time of an emulated board: the emulator's record, continued from there after a restart."""

from __future__ import annotations

from pathlib import Path

from tinyhost.boards.emulated_time import EmulatedTime


def test_time_goes_on_where_an_emulator_that_was_started_anew_begins_again(tmp_path: Path) -> None:
    now_s = EmulatedTime(tmp_path)
    assert now_s() == 0.0
    read = []
    for noted_ns in (1_500_000_000, 2_000_000_000, 0, 250_000_000):
        (tmp_path / "time").write_bytes(noted_ns.to_bytes(8, "little"))
        read.append(now_s())
    assert read == [1.5, 2.0, 2.0, 2.25]
    (tmp_path / "time").unlink()
    assert now_s() == 2.25
