"""The commands of this folder's part, as a person runs them, on the board `native`."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from tests.commands import run_json, run_tinyhost
from tests.device.rig import small_model
from tests.stations import Station, Stations

pytestmark = pytest.mark.firmware


@pytest.fixture
def native(stations: Stations) -> Station:
    return stations("native")


@pytest.fixture
def nothing_flashed(tmp_path: Path) -> Station:
    """A state folder without a board."""
    return Station(kind="native", state=tmp_path / "state")


def write_model(folder: Path, seed: int) -> str:
    path = folder / f"small{seed}.thm"
    path.write_bytes(small_model(seed))
    return str(path)


def test_flash_builds_flashes_and_pushes_the_default_model(nothing_flashed: Station) -> None:
    native = nothing_flashed
    result = native.run_json("flash", "vww")
    assert result["schema"] == "tinyhost.flash/1"
    assert len(result["build_id"]) == 16
    assert result["model"]["name"] == "vww"
    slots = native.run_json("models")["slots"]
    assert [slot["name"] for slot in slots if slot["active"]] == ["vww"]


def test_flash_takes_a_prebuilt_program_and_refuses_what_is_none(
    native: Station, nothing_flashed: Station, tmp_path: Path
) -> None:
    program = native.state / "native" / "program"
    result = nothing_flashed.run_json("flash", "vww", "--no-model", "--firmware", str(program))
    assert result["model"] is None
    (tmp_path / "text").write_text("hello")
    done = nothing_flashed.run("flash", "vww", "--firmware", str(tmp_path / "text"), code=1)
    assert "not a program of tinyhost's firmware" in done.err


def test_push_skip_rollback(native: Station, tmp_path: Path) -> None:
    first, second = write_model(tmp_path, 1), write_model(tmp_path, 2)
    assert not native.run_json("push", first)["skipped"]
    assert not native.run_json("push", second)["skipped"]
    assert native.run_json("push", second)["skipped"]
    assert "small 2 is active" in native.run("push", second).out
    slots = native.run_json("models", "rollback")["slots"]
    assert [slot["name"] for slot in slots if slot["active"]] == ["small 1"]
    assert "small 2" in native.run("models").out


def test_rollback_without_a_second_model_says_what_to_do(native: Station) -> None:
    done = native.run("models", "rollback", code=1)
    assert "no other slot holds a valid model" in done.err
    assert "push a second model first" in done.err


def test_settings_persist_over_commands(native: Station) -> None:
    native.run("settings", "period_ms=120", "smoothing=0x40", "--persist")
    values = native.run_json("settings")["settings"]
    assert (values["period_ms"]["value"], values["smoothing"]["value"]) == (120, 64)
    assert "NAME=VALUE" in native.run("settings", "period_ms", code=2).err
    assert "from 0 to 60000" in native.run("settings", "period_ms=-1", code=2).err


def test_reset_restarts_and_a_virtual_board_has_no_bootloader(native: Station) -> None:
    assert "restarted" in native.run("reset").out
    assert "no bootloader" in native.run("reset", "--bootloader", code=2).err


def test_boards_lists_the_virtual_boards_and_their_firmware(native: Station) -> None:
    boards = {board["name"]: board for board in run_json("boards", TINYHOST_STATE=native.state)["boards"]}
    assert boards["native"]["app"] == "vww"
    assert boards["m4"]["state"] == "no firmware"
    assert "native" in run_tinyhost("boards", TINYHOST_STATE=native.state).out


def test_a_board_without_firmware_says_how_to_get_it(nothing_flashed: Station) -> None:
    assert "tinyhost flash vww" in nothing_flashed.run("models", code=1).err


def test_doctor_finds_nothing_missing_where_the_tests_run() -> None:
    report = run_json("doctor")
    assert report["ok"]
    assert {"Python", "g++", "qemu-system-arm", "PlatformIO"} <= {check["name"] for check in report["checks"]}
    assert all(check["fix"] for check in report["checks"] if check["state"] != "ok")


def test_other_commands_use_a_board_that_is_kept_on(native: Station) -> None:
    kept = native.start("board", "run")
    assert kept.stdout is not None
    assert "native is on: /dev/pts/" in kept.stdout.readline()
    time.sleep(0.1)
    native.run("settings", "period_ms=777")
    assert native.run_json("settings")["settings"]["period_ms"]["value"] == 777
    assert run_json("boards", TINYHOST_STATE=native.state)["boards"][-2]["state"] == "running"
    kept.send_signal(signal.SIGINT)
    _, remarks = kept.communicate(timeout=20)
    assert "native is off" in remarks
    assert kept.returncode == 130
    assert native.run_json("settings")["settings"]["period_ms"]["value"] != 777
