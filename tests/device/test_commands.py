"""The commands that use a device, as a user runs them, on the board `native`."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from pathlib import Path

import pytest

from tests.commands import run_json, run_tinyhost
from tests.device.rig import small_model
from tests.stations import SHIPPED_MODELS, Station, Stations, alive

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
    assert "not tinyhost's firmware" in done.err


def test_push_skip_rollback(native: Station) -> None:
    first, second = (("push", str(SHIPPED_MODELS["vww"]), "--name", name) for name in ("one", "two"))
    assert not native.run_json(*first)["skipped"]
    assert not native.run_json(*second)["skipped"]
    assert native.run_json(*second)["skipped"]
    assert "two is active" in native.run(*second).out
    slots = native.run_json("models", "rollback")["slots"]
    assert [slot["name"] for slot in slots if slot["active"]] == ["one"]
    assert "two" in native.run("models").out


def test_a_model_of_another_app_is_refused_before_it_is_sent(native: Station, tmp_path: Path) -> None:
    before = native.run_json("models")["slots"]
    for words in (("push", str(SHIPPED_MODELS["kws"])), ("flash", "vww", "--model", str(SHIPPED_MODELS["anomaly"]))):
        refused = native.run(*words, code=1).err
        assert "expected a model for its app vww, got" in refused
        assert "push --force stores it anyway" in refused
    picture = native.run("push", write_model(tmp_path, 1), code=1).err
    assert "got small 1, which is not a model of pictures: its input is 1x40 int8" in picture
    assert native.run_json("models")["slots"] == before
    assert native.run_json("push", str(SHIPPED_MODELS["kws"]), "--force")["name"] == "kws"
    done = native.run("monitor", "--count", "2", "--plain", code=1)
    assert "expected predictions, got none: model_mismatch (2 times)" in done.err


def test_rollback_without_a_second_model_says_what_to_do(native: Station) -> None:
    done = native.run("models", "rollback", code=1)
    assert "no other slot holds a valid model" in done.err
    assert "push a second model first" in done.err


def test_settings_persist_over_commands(native: Station) -> None:
    done = native.run("settings", "period_ms=120", "smoothing=0x40")  # the board is off afterwards: so it is kept
    assert "set permanently, in its flash: native is off now" in done.err
    values = native.run_json("settings")["settings"]
    assert (values["period_ms"]["value"], values["smoothing"]["value"]) == (120, 64)
    assert "NAME=VALUE" in native.run("settings", "period_ms", code=2).err
    assert "from 0 to 60000" in native.run("settings", "period_ms=-1", code=2).err


def test_reset_restarts_and_a_virtual_board_has_no_bootloader(native: Station) -> None:
    assert "restarted" in native.run("reset").out
    assert "no bootloader" in native.run("reset", "--bootloader", code=2).err


def test_flash_leaves_a_board_alone_whose_port_another_program_has(native: Station) -> None:
    folder = native.state / "native"
    before = (folder / "program").read_bytes()
    keeper = native.start("board", "run", "--text")
    native.wait_until_on(keeper)
    assert keeper.stdout is not None
    while not (line := keeper.stdout.readline()) or "no model" not in line:  # it has the port when it prints text
        assert keeper.poll() is None
    boots = json.loads((folder / "running.json").read_text())["boots"]
    done = native.run("flash", "vww", code=1)
    assert re.search(r"/dev/pts/\d+ is held by tinyhost board run|is held by python", done.err), done.err
    assert (folder / "program").read_bytes() == before
    assert json.loads((folder / "running.json").read_text())["boots"] == boots


def test_a_board_that_is_kept_on_and_dies_ends_the_command(native: Station) -> None:
    keeper = native.start("board", "run")
    native.wait_until_on(keeper)
    os.kill(json.loads((native.state / "native" / "running.json").read_text())["firmware_pid"], signal.SIGSEGV)
    _, remarks = keeper.communicate(timeout=120)
    assert keeper.returncode == 1
    assert "the firmware died of signal SIGSEGV" in remarks


def test_firmware_ends_with_a_host_that_was_killed_though_the_system_kills_nothing_with_it(
    native: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on macOS: without util-linux nobody asks the system to."""
    monkeypatch.setenv("PATH", "")
    keeper = native.start("board", "run")
    native.wait_until_on(keeper)
    firmware = json.loads((native.state / "native" / "running.json").read_text())["firmware_pid"]
    keeper.kill()
    keeper.communicate(timeout=120)
    deadline = time.monotonic() + 60
    while alive(firmware):
        assert time.monotonic() < deadline
        time.sleep(0.05)


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
    native.run("settings", "period_ms=777")
    assert native.run_json("settings")["settings"]["period_ms"]["value"] == 777
    boards = run_json("boards", TINYHOST_STATE=native.state)["boards"]
    assert [board["state"] for board in boards if board["name"] == "native"] == ["running"]
    kept.send_signal(signal.SIGINT)
    _, remarks = kept.communicate(timeout=120)
    assert "native is off" in remarks
    assert kept.returncode == 130
    assert native.run_json("settings")["settings"]["period_ms"]["value"] != 777
