"""The commands of this folder's part, as a person runs them, on the board `native`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.device.rig import flashed_board, small_model

pytestmark = pytest.mark.firmware

COMMAND = [sys.executable, "-c", "from tinyhost.cli.main import main; main()"]


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("commands")
    flashed_board("native", folder)
    return folder


def run(state: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TINYHOST_STATE": str(state), "COLUMNS": "200"}
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == code, done.stderr
    return done


def run_json(state: Path, *arguments: str) -> Any:
    return json.loads(run(state, *arguments, "--json", "-").stdout)


def write_model(folder: Path, seed: int) -> str:
    path = folder / f"small{seed}.thm"
    path.write_bytes(small_model(seed))
    return str(path)


def test_flash_builds_flashes_and_pushes_the_default_model(tmp_path: Path) -> None:
    result = run_json(tmp_path, "flash", "vww", "--board", "native")
    assert result["schema"] == "tinyhost.flash/1"
    assert len(result["build_id"]) == 16
    assert result["model"]["name"] == "vww"
    slots = run_json(tmp_path, "models", "--board", "native")["slots"]
    assert [slot["name"] for slot in slots if slot["active"]] == ["vww"]


def test_flash_takes_a_prebuilt_program_and_refuses_what_is_none(state: Path, tmp_path: Path) -> None:
    program = state / "native" / "program"
    result = run_json(tmp_path, "flash", "vww", "--board", "native", "--no-model", "--firmware", str(program))
    assert result["model"] is None
    (tmp_path / "text").write_text("hello")
    done = run(tmp_path, "flash", "vww", "--board", "native", "--firmware", str(tmp_path / "text"), code=1)
    assert "not a program of tinyhost's firmware" in done.stderr


def test_push_skip_rollback(state: Path, tmp_path: Path) -> None:
    first, second = write_model(tmp_path, 1), write_model(tmp_path, 2)
    assert not run_json(state, "push", first, "--board", "native")["skipped"]
    assert not run_json(state, "push", second, "--board", "native")["skipped"]
    assert run_json(state, "push", second, "--board", "native")["skipped"]
    assert "small 2 is active" in run(state, "push", second, "--board", "native").stdout
    slots = run_json(state, "models", "rollback", "--board", "native")["slots"]
    assert [slot["name"] for slot in slots if slot["active"]] == ["small 1"]
    assert "small 2" in run(state, "models", "--board", "native").stdout


def test_rollback_without_a_second_model_says_what_to_do(tmp_path: Path) -> None:
    flashed_board("native", tmp_path)
    done = run(tmp_path, "models", "rollback", "--board", "native", code=1)
    assert "no other slot holds a valid model" in done.stderr
    assert "push a second model first" in done.stderr


def test_settings_persist_over_commands(state: Path) -> None:
    run(state, "settings", "period_ms=120", "smoothing=0x40", "--persist", "--board", "native")
    values = run_json(state, "settings", "--board", "native")["settings"]
    assert (values["period_ms"]["value"], values["smoothing"]["value"]) == (120, 64)
    assert "NAME=VALUE" in run(state, "settings", "period_ms", "--board", "native", code=2).stderr
    assert "from 0 to 60000" in run(state, "settings", "period_ms=-1", "--board", "native", code=2).stderr


def test_reset_restarts_and_a_virtual_board_has_no_bootloader(state: Path) -> None:
    assert "restarted" in run(state, "reset", "--board", "native").stdout
    assert "no bootloader" in run(state, "reset", "--bootloader", "--board", "native", code=2).stderr


def test_boards_lists_the_virtual_boards_and_their_firmware(state: Path) -> None:
    boards = {board["name"]: board for board in run_json(state, "boards")["boards"]}
    assert boards["native"]["app"] == "vww"
    assert boards["m4"]["state"] == "no firmware"
    assert "native" in run(state, "boards").stdout


def test_a_board_without_firmware_says_how_to_get_it(tmp_path: Path) -> None:
    assert "tinyhost flash vww" in run(tmp_path, "models", "--board", "native", code=1).stderr


def test_doctor_finds_nothing_missing_where_the_tests_run(state: Path) -> None:
    report = run_json(state, "doctor")
    assert report["ok"]
    assert {"Python", "g++", "qemu-system-arm", "PlatformIO"} <= {check["name"] for check in report["checks"]}
    assert all(check["fix"] for check in report["checks"] if check["state"] != "ok")


def test_other_commands_use_a_board_that_is_kept_on(state: Path) -> None:
    environment = {**os.environ, "TINYHOST_STATE": str(state), "COLUMNS": "200"}
    command = [*COMMAND, "board", "run", "--board", "native"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as kept:
        assert kept.stdout is not None
        assert "native is on: /dev/pts/" in kept.stdout.readline()
        time.sleep(0.1)
        run(state, "settings", "period_ms=777", "--board", "native")
        assert run_json(state, "settings", "--board", "native")["settings"]["period_ms"]["value"] == 777
        assert run_json(state, "boards")["boards"][-2]["state"] == "running"
        kept.send_signal(signal.SIGINT)
        _, remarks = kept.communicate(timeout=20)
        assert "native is off" in remarks
        assert kept.returncode == 130
    assert run_json(state, "settings", "--board", "native")["settings"]["period_ms"]["value"] != 777
