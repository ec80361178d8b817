"""`tinyhost flash` and `tinyhost boards` with a real board plugged in.

Its bootloader is the model of tests/boards. What runs after the upload is this project's firmware, compiled for this
computer: the program's bytes in the model's flash carry that firmware's build id.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from serial.tools import list_ports
from tinyhost.boards import flash
from tinyhost.boards.state import BoardFolder

from tests.boards.bootloader_model import SERIAL, BootloaderModel
from tests.boards.upload_cases import PATIENT, make_program
from tests.commands import run_json, run_tinyhost
from tests.stations import Station

pytestmark = pytest.mark.firmware
OLD = make_program(1, 9000)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A board on USB, and a program for it."""

    model: BootloaderModel
    program: Path
    build_id: str


@pytest.fixture
def desk(native: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    flashed = BoardFolder(native.state, "native").flashed()
    assert flashed is not None
    program = make_program(2, 20_000)
    program = program[:79] + flashed.build_id.encode() + program[95:]
    (tmp_path / "firmware.bin").write_bytes(program)
    with (
        native.board.power() as app,
        BootloaderModel([OLD, program], in_bootloader=True, app_port=app.port) as model,
    ):
        monkeypatch.setattr(list_ports, "comports", model.ports)
        monkeypatch.setenv("TINYHOST_STATE", str(native.state))
        yield Desk(model=model, program=tmp_path / "firmware.bin", build_id=flashed.build_id)


def test_a_prebuilt_program_is_flashed_and_answers(desk: Desk) -> None:
    document = run_json("flash", "vww", "--firmware", desk.program)
    assert (document["board"], document["build_id"]) == (f"nano33ble:{SERIAL}", desk.build_id)
    assert (document["upload"]["pages"], document["upload"]["retries"]) == (5, 0)
    assert document["upload"]["port"] == desk.model.app_port
    assert document["model"]["skipped"]
    assert desk.model.program(20_000) == desk.program.read_bytes()


def test_a_board_that_runs_something_else_afterwards_is_reported(desk: Desk) -> None:
    program = desk.program.read_bytes().replace(desk.build_id.encode(), b"0123456789abcdef")
    desk.program.write_bytes(program)
    desk.model.programs.append(program)
    done = run_tinyhost("flash", "vww", "--firmware", desk.program, "--no-model")
    assert done.code == 1
    assert f"runs build {desk.build_id}, but 0123456789abcdef was flashed" in done.err


def test_a_file_that_is_no_program_is_refused_before_the_board_is_asked(desk: Desk) -> None:
    desk.program.write_bytes(b"\x7fELF" * 100)
    done = run_tinyhost("flash", "vww", "--firmware", desk.program)
    assert done.code == 1
    assert "not a program for the nRF52840" in done.err
    assert desk.model.n_in == 0


def test_a_wrong_board_is_refused(desk: Desk) -> None:
    desk.model.chip = b"ATSAMD21G18A"
    done = run_tinyhost("flash", "vww", "--firmware", desk.program)
    assert done.code == 1
    assert "nothing was erased" in done.err
    assert desk.model.program(len(OLD)) == OLD


def test_boards_tells_what_runs_on_a_board(desk: Desk) -> None:
    board = run_json("boards")["boards"][0]
    assert (board["name"], board["state"]) == (f"nano33ble:{SERIAL}", "bootloader")
    assert (board["usb_id"], board["serial"], board["app"]) == ("2341:005a", SERIAL, "")
    assert run_tinyhost("flash", "vww", "--firmware", desk.program).code == 0
    board = run_json("boards")["boards"][0]
    assert (board["state"], board["usb_id"]) == ("ready", "2341:805a")
    assert (board["app"], board["build_id"], board["model"]) == ("vww", desk.build_id, "vww")
    board = run_json("boards", "--no-ask")["boards"][0]
    assert (board["state"], board["app"]) == ("ready", "")


def test_boards_tells_what_does_not_answer(native: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYHOST_STATE", str(native.state))
    with BootloaderModel([OLD]) as model:  # a sketch that says nothing
        monkeypatch.setattr(list_ports, "comports", model.ports)
        began = time.monotonic()
        board = run_json("boards")["boards"][0]
        assert time.monotonic() - began < 60
    assert (board["state"], board["app"]) == ("silent", "")
    assert board["detail"].startswith("does not run tinyhost's firmware, or hangs: tinyhost flash vww")


def test_a_board_that_does_not_come_back_is_reported_with_a_way_out_and_a_log(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flash, "Timing", lambda: replace(PATIENT, app_s=1.0))
    desk.model.app_port = str(tmp_path / "nobody")  # on USB, and nothing answers there
    done = run_tinyhost("flash", "vww", "--firmware", desk.program, "--no-model", TINYHOST_STATE=tmp_path)
    assert done.code == 1
    assert "the program was written and verified, but" in done.err
    assert "press the board's reset button twice" in done.err
    assert f"tinyhost flash vww --board nano33ble:{SERIAL}, or with --arduino" in done.err
    assert f"the log for a bug report is {tmp_path / 'flash.log'}" in done.err.replace("\n", "")
    log = (tmp_path / "flash.log").read_text()
    assert f"build {desk.build_id}" in log
    assert f"on USB: 2341:005a {SERIAL}" in log
    assert "failed: NotBackError" in log
