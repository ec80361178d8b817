"""Uploads to a board that is a model on a pty: every step, every kind of fault, every point of failure."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import termios
import threading
from pathlib import Path

import pytest
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo
from tinyhost.boards import resolve
from tinyhost.boards.bootloader import PROGRAM_BYTES, ports, upload_program
from tinyhost.boards.bootloader.ports import touch
from tinyhost.boards.bootloader.program import parse_program
from tinyhost.boards.bootloader.session import Timing
from tinyhost.boards.build import prebuilt_firmware
from tinyhost.boards.flash import flash_firmware
from tinyhost.boards.usb_ports import find_usb_ports
from tinyhost.errors import BoardNotFoundError, PortBusyError, TinyhostError, UploadError, WrongBoardError

from tests.boards.bootloader_model import PROGRAM_BEGIN, SERIAL, VERSION, BoardFaults, BootloaderModel
from tests.boards.upload_cases import PATIENT, make_program, random_faults, run_case, upload

OLD, NEW = make_program(1, 9000), make_program(2, 9000)
IMAGE = parse_program(NEW, Path("firmware.bin"))
N_COMMANDS = 64
"""of an upload of three pages, without faults"""


def nobody(what: str) -> None:
    raise AssertionError(f"a person was asked: {what}")


@pytest.mark.parametrize("in_bootloader", [False, True])
@pytest.mark.parametrize("same_port", [False, True])
def test_a_program_gets_onto_the_board(in_bootloader: bool, same_port: bool) -> None:
    with BootloaderModel([OLD, NEW], in_bootloader=in_bootloader, faults=BoardFaults(same_port=same_port)) as model:
        slots = bytes(range(256)) * 16
        model.flash.load(PROGRAM_BEGIN + PROGRAM_BYTES, slots)
        shown: list[tuple[str, int, int]] = []
        result = upload_program(
            SERIAL, IMAGE, ask=nobody, progress=lambda *step: shown.append(step), lister=model.ports, timing=PATIENT
        )
        assert model.program(3 * 4096) == NEW.ljust(3 * 4096, b"\xff")
        assert model.flash.read(PROGRAM_BEGIN + PROGRAM_BYTES, 4096) == slots
        assert (model.flash.overwritten_words, model.flash.n_erases) == (0, 4)
        assert model.mode == "app"
        assert model.n_commands == N_COMMANDS
        assert result.port == model.ports()[0].device
        assert (result.bootloader, result.program_bytes, result.pages) == (VERSION.decode(), 9000, 3)
        assert (result.retries, result.reconnects) == (0, 0)
    assert shown[:2] == [("writing", 8192, 9000), ("writing", 9000, 9000)]
    assert shown[-1] == ("checking", 9000, 9000)


def test_the_largest_program_gets_onto_the_board() -> None:
    program = make_program(5, PROGRAM_BYTES)
    with BootloaderModel([OLD, program]) as model:
        assert upload(model, program, PATIENT)[0].pages == 72
        assert model.program(PROGRAM_BYTES) == program


def test_a_touch_lasts_as_long_as_the_core_wants() -> None:
    with BootloaderModel([OLD, NEW], touch_s=0.2) as model:
        timing = Timing(reply_s=0.1, quiet_s=0.002, poll_s=0.003, touch_s=2.0, app_s=1.0)
        upload_program(SERIAL, IMAGE, ask=nobody, lister=model.ports, timing=timing)
        assert model.program(len(NEW)) == NEW


def test_a_touch_leaves_the_port_at_the_usual_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux keeps a port's rate: at 1200 baud the next program to close it would touch the board again."""
    monkeypatch.setattr(ports, "_drop_lines", lambda _: True)  # as on USB; a pty has no lines
    master, slave = os.openpty()
    rates: list[int] = []
    watcher = threading.Thread(target=lambda: rates.extend(_rates_until_usual(master)))
    watcher.start()
    touch(os.ttyname(slave), "board", Timing(touch_rate_s=0.1, touch_hold_s=0.12))
    watcher.join()
    assert rates[-2:] == [termios.B1200, termios.B115200]
    os.close(master)
    os.close(slave)


def _rates_until_usual(master: int) -> list[int]:
    """Return the rates that a port gets, as long as it is not the usual one."""
    rates: list[int] = [termios.B0]
    while rates[-1] != termios.B115200:
        rate = termios.tcgetattr(master)[4]
        if rate != rates[-1]:
            rates.append(rate)
    return rates


def test_a_board_that_does_not_leave_its_app_is_flashed_when_somebody_double_taps() -> None:
    with BootloaderModel([OLD, NEW], faults=BoardFaults(ignored_touches=9)) as model:
        _, taps = upload(model, NEW)
        assert taps == 1
        assert model.program(len(NEW)) == NEW


def test_without_the_double_tap_nothing_is_erased() -> None:
    asked: list[str] = []
    timing = Timing(touch_s=0.05, person_s=0.3, touch_rate_s=0.01, touch_hold_s=0.01, poll_s=0.01)
    with BootloaderModel([OLD, NEW], faults=BoardFaults(ignored_touches=9)) as model:
        with pytest.raises(UploadError, match=r"not in its bootloader after 0\.3 s; nothing was erased") as error:
            upload_program(SERIAL, IMAGE, ask=asked.append, lister=model.ports, timing=timing)
        assert model.program(len(OLD)) == OLD
        assert model.flash.n_erases == 0
    assert "press the board's reset button twice" in error.value.hint
    assert len(asked) == 1
    assert "press the board's reset button twice" in asked[0]


def test_nobody_is_waited_for_if_nobody_can_be_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "firmware.bin").write_bytes(NEW)
    with BootloaderModel([OLD, NEW], faults=BoardFaults(ignored_touches=9)) as model:
        monkeypatch.setattr(list_ports, "comports", model.ports)
        firmware = prebuilt_firmware(tmp_path / "firmware.bin", "vww", "nano33ble")
        with pytest.raises(UploadError, match="not in its bootloader after 6 s; nothing was erased"):
            flash_firmware(resolve(None), firmware)
        asked: list[str] = []

        def tap(what: str) -> None:
            asked.append(what)
            model.double_tap()

        result = flash_firmware(resolve(None), firmware, ask=tap)
        assert result is not None
        assert len(asked) == 1
        assert model.program(len(NEW)) == NEW


@pytest.mark.parametrize(
    ("board", "message"),
    [
        ({"chip": b"ATSAMD21G18A"}, "says it is 'ATSAMD21G18A', expected 'nRF52840-QIAA'"),
        ({"version": b"v1.1 [Arduino:XYZ] Dec 10 2016 11:16:05"}, "lacks commands of IKYZ"),
        ({"version": b"SAM-BA v1.4"}, "'SAM-BA v1.4' lacks commands"),
        ({"moved_bootloader": True}, "its bootloader was moved to 0xE0000"),
    ],
)
def test_a_wrong_board_is_refused_before_anything_is_erased(board: dict[str, bytes], message: str) -> None:
    with BootloaderModel([OLD, NEW], in_bootloader=True, **board) as model:  # type: ignore[arg-type]
        with pytest.raises(WrongBoardError, match=f"{message}.*nothing was erased") as error:
            upload_program(SERIAL, IMAGE, ask=nobody, lister=model.ports, timing=PATIENT)
        assert error.value.hint
        assert (model.flash.n_erases, model.n_writes) == (0, 0)


@pytest.mark.parametrize("usb", [(0x2341, 0x1002, 0x1002), (0x239A, 0x805A, 0x005A), (0x2341, 0x8057, 0x0057)])
def test_boards_with_other_usb_ids_are_not_even_asked(usb: tuple[int, int, int]) -> None:
    # 2341:1002 is the UNO R4 WiFi, whose bridge claims to be an nRF52840-QIAA too.
    with BootloaderModel([OLD, NEW], in_bootloader=True, usb=usb) as model:
        with pytest.raises(BoardNotFoundError, match=f"no nano33ble with serial number {SERIAL}"):
            upload_program(SERIAL, IMAGE, ask=nobody, lister=model.ports, timing=PATIENT)
        assert model.n_in == 0


def test_another_board_is_left_alone() -> None:
    with BootloaderModel([OLD, NEW], in_bootloader=True) as other, BootloaderModel([OLD, NEW]) as mine:

        def both() -> list[ListPortInfo]:
            neighbour = other.ports()[0]
            neighbour.serial_number, neighbour.location = "0" * 16 + "FFFFFFFFFFFFFFFF", "1-9"
            return [neighbour, *mine.ports()]

        upload_program(SERIAL, IMAGE, ask=nobody, lister=both, timing=PATIENT)
        assert (mine.program(len(NEW)), other.program(len(OLD))) == (NEW, OLD)
        assert other.n_in == 0


def test_micropython_is_followed_by_its_socket_as_its_number_is_another() -> None:
    with BootloaderModel([OLD, NEW], usb=(0x2341, 0x025A, 0x005A)) as model:

        def renumbered() -> list[ListPortInfo]:
            found = model.ports()
            for info in found:
                if info.pid == 0x025A and model.n_commands == 0:
                    info.serial_number = "123456"
            return found

        assert find_usb_ports(renumbered)[0].other_firmware == "MicroPython"
        upload_program("123456", IMAGE, ask=nobody, lister=renumbered, timing=PATIENT)
        assert model.program(len(NEW)) == NEW


def test_a_port_that_another_program_has_is_refused_and_the_program_named() -> None:
    code = "import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); input()"
    with BootloaderModel([OLD, NEW], in_bootloader=True) as model:
        port = model.ports()[0].device
        command = [sys.executable, "-c", code, port]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            with pytest.raises(PortBusyError, match=rf"{port} is held by python.*pid {holder.pid}") as error:
                upload_program(SERIAL, IMAGE, ask=nobody, lister=model.ports, timing=PATIENT)
            holder.communicate("\n")
        assert error.value.hint == "close that program, then run this again"
        assert model.flash.n_erases == 0
        upload_program(SERIAL, IMAGE, ask=nobody, lister=model.ports, timing=PATIENT)
        assert model.program(len(NEW)) == NEW


def test_the_rest_of_a_killed_upload_does_not_disturb() -> None:
    with BootloaderModel([OLD, NEW], in_bootloader=True, faults=BoardFaults(noise_in=b"S00000000,00001000#half")) as m:
        upload_program(SERIAL, IMAGE, ask=nobody, lister=m.ports, timing=PATIENT)
        assert m.program(len(NEW)) == NEW


def test_slow_flash_is_waited_for() -> None:
    timing = Timing(reply_s=0.1, quiet_s=0.002, poll_s=0.003)
    with BootloaderModel([OLD, NEW], in_bootloader=True, faults=BoardFaults(slow_writes={1: 1.5})) as model:
        result = upload_program(SERIAL, IMAGE, ask=nobody, lister=model.ports, timing=timing)
        assert (result.retries, result.reconnects) == (0, 0)
        assert result.seconds > 1.5


def test_a_page_that_is_not_what_was_written_is_written_again() -> None:
    outcome = run_case(BoardFaults(weak_writes={1}), in_bootloader=True)
    assert outcome.problem == ""
    assert outcome.result is not None
    assert outcome.result.retries == 1


def test_a_board_that_is_pulled_out_in_the_middle_is_waited_for_and_then_given_up() -> None:
    asked: list[str] = []
    timing = Timing(reply_s=0.05, quiet_s=0.002, touch_s=0.05, person_s=0.3, poll_s=0.01)
    with BootloaderModel([OLD, NEW], in_bootloader=True) as model:

        def plugged() -> list[ListPortInfo]:
            return model.ports() if model.n_writes < 3 else []

        model.faults = BoardFaults(reset_at_command=38)
        with pytest.raises(
            UploadError, match=r"not in its bootloader after 0\.3 s; its program is incomplete"
        ) as error:
            upload_program(SERIAL, IMAGE, ask=asked.append, lister=plugged, timing=timing)
        assert error.value.hint.endswith("then run the command again")
        assert [what.split(":")[0] for what in asked] == ["the board is not on USB; plug it in"]
        upload(model, NEW)
        assert model.program(len(NEW)) == NEW


def test_flash_that_takes_nothing_is_reported_and_the_app_is_not_started() -> None:
    with BootloaderModel([OLD, NEW], in_bootloader=True, faults=BoardFaults(bad_pages={0x11})) as model:
        with pytest.raises(UploadError, match="flash at 0x11000 does not accept data") as error:
            upload_program(SERIAL, IMAGE, ask=nobody, lister=model.ports, timing=PATIENT)
        assert "another cable" in error.value.hint
        assert model.mode == "bootloader"
        assert model.program(8) == b"\xff" * 8  # so that it stays in its bootloader whatever happens


def test_a_board_that_does_not_come_back_is_reported() -> None:
    with BootloaderModel([OLD, NEW], in_bootloader=True, faults=BoardFaults(stays_away=True)) as model:
        with pytest.raises(UploadError, match="written and verified, but the board did not come back") as error:
            upload_program(SERIAL, IMAGE, ask=nobody, lister=model.ports, timing=PATIENT)
        assert error.value.hint.startswith("press reset once")
        assert model.program(len(NEW)) == NEW


def test_a_lost_restart_is_said_again() -> None:
    with BootloaderModel([OLD, NEW], in_bootloader=True) as model:
        upload_program(SERIAL, IMAGE, ask=nobody, lister=model.ports, timing=PATIENT)
        n_in = model.n_in
    outcome = run_case(BoardFaults(lost_in={n_in - 2}), in_bootloader=True)  # the K
    assert outcome.problem == ""
    assert outcome.result is not None


@pytest.mark.parametrize("command", range(N_COMMANDS))
def test_a_reset_in_any_command_ends_with_the_program(command: int) -> None:
    outcome = run_case(BoardFaults(reset_at_command=command, same_port=command % 2 == 0), in_bootloader=True)
    assert outcome.problem == ""
    assert outcome.result is not None, outcome.error


def bytes_to_fail_at() -> list[int]:
    """Return the numbers of all bytes of commands, and of the data's first, last and some others."""
    with BootloaderModel([OLD, NEW], in_bootloader=True) as model:
        upload_program(SERIAL, IMAGE, ask=nobody, lister=model.ports, timing=PATIENT)
        sent = bytes(model.received)
    data = [range(match.end(), match.end() + 4096) for match in re.finditer(rb"S00000000,00001000#", sent)]
    assert len(data) == 4
    some = {number for span in data for number in (span[0], span[-1], *random.Random(1).sample(span, 3))}
    return [number for number in range(len(sent)) if number in some or not any(number in span for span in data)]


@pytest.mark.parametrize("part", range(4))
def test_a_lost_byte_or_a_reset_anywhere_ends_with_the_program(part: int) -> None:
    numbers = bytes_to_fail_at()
    assert len(numbers) > 1000
    for number in numbers[part :: 4 * 5]:  # every byte: scripts/soak_upload.py --every-byte
        for faults in (BoardFaults(lost_in={number}), BoardFaults(reset_at_byte=number)):
            outcome = run_case(faults, in_bootloader=True)
            assert outcome.problem == "", faults
            assert outcome.result is not None, f"{faults}: {outcome.error}"


@pytest.mark.parametrize("part", range(4))
def test_uploads_with_random_faults_end_well_or_leave_a_board_that_can_be_flashed(part: int) -> None:
    for number in range(part * 50, part * 50 + 50):  # 10,000 of them: make soak-upload
        chance = random.Random(number)
        faults = random_faults(chance, 17_500, N_COMMANDS)
        outcome = run_case(faults, seed=number, in_bootloader=chance.random() < 0.5)
        assert outcome.problem == "", faults
        assert isinstance(outcome.error, TinyhostError | None), faults
