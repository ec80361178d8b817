"""Virtual boards: processes, their pty, their state. Small shell programs take the firmware's place."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from tinyhost.boards import list_boards, resolve
from tinyhost.boards.base import PoweredBoard
from tinyhost.boards.build import Firmware
from tinyhost.boards.flash import flash_firmware
from tinyhost.boards.state import BoardFolder
from tinyhost.boards.virtual import AttachedBoard, VirtualPower
from tinyhost.errors import BoardError, ConfigError, LinkLostError, PortBusyError, UsageError
from tinyhost.link.base import Link
from tinyhost.link.serial import SerialLink

from tests.stations import alive

ECHO = """
echo "boot $$"
while read -r line; do
  case $line in
    reset) exit 75 ;;
    die) echo why >&2; exit 3 ;;
    *) echo "got $line" ;;
  esac
done
"""


@pytest.fixture
def flash(tmp_path: Path) -> Callable[..., None]:
    def put(script: str = ECHO, kind: str = "native") -> None:
        program = tmp_path / "built"
        program.write_text(f"#!/bin/sh\n{script}\n")
        firmware = Firmware(app="vww", kind=kind, path=program, build_id="00" * 8, text_bytes=1, ram_bytes=2)
        flash_firmware(resolve("native", state=tmp_path), firmware)

    return put


def read_line(link: Link, timeout_s: float = 60.0) -> str:
    data = b""
    deadline = time.monotonic() + timeout_s
    while not data.endswith(b"\n") and time.monotonic() < deadline:
        data += link.read(1, 0.2)
    return data.decode().strip()


def ask(link: Link, line: str) -> str:
    link.write(line.encode() + b"\n")
    return read_line(link)


def firmware_pid(state: Path) -> int:
    return int(json.loads((state / "native" / "running.json").read_text())["firmware_pid"])


def native_state(state: Path) -> str:
    return next(status.state for status in list_boards(state) if status.name == "native")


def wait_until(condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_bytes_pass_unchanged_both_ways(tmp_path: Path, flash: Callable[..., None]) -> None:
    flash("exec cat")
    everything = bytes(range(256)) * 20
    with resolve("native", state=tmp_path).power() as power:
        link = power.open_link()
        link.write(everything)
        got = b""
        while len(got) < len(everything):
            piece = link.read(4096, 2.0)
            assert piece
            got += piece
        link.close()
    assert got == everything


def test_a_power_cut_keeps_the_port_and_restarts_the_program(tmp_path: Path, flash: Callable[..., None]) -> None:
    flash()
    with resolve("native", state=tmp_path).power() as power:
        link = power.open_link()
        first, port = firmware_pid(tmp_path), power.port
        assert ask(link, "hello").endswith(("hello", f"boot {first}"))
        power.reset()
        second = firmware_pid(tmp_path)
        assert second != first
        assert power.port == port
        wait_until(lambda: f"boot {second}" in read_line(link))
        link.close()


def test_a_reset_of_the_firmware_restarts_it(tmp_path: Path, flash: Callable[..., None]) -> None:
    flash()
    with resolve("native", state=tmp_path).power() as power:
        link = power.open_link()
        first = firmware_pid(tmp_path)
        link.write(b"reset\n")
        wait_until(lambda: f"boot {first}" not in (line := read_line(link)) and "boot" in line)
        assert ask(link, "again") == "got again"
        link.close()


def test_firmware_that_dies_takes_its_port_along_and_says_why(tmp_path: Path, flash: Callable[..., None]) -> None:
    flash()
    with resolve("native", state=tmp_path).power() as power:
        link = power.open_link()
        link.write(b"die\n")
        with pytest.raises(LinkLostError):
            while True:
                link.read(100, 5.0)
        link.close()
        with pytest.raises(BoardError, match=r"(?s)died with exit code 3.*why"):
            power.open_link()
        with pytest.raises(BoardError, match="exit code 3"):
            power.reset()
        assert native_state(tmp_path) == "failed"
    assert native_state(tmp_path) == "ready"


def test_firmware_that_dies_before_its_port_is_opened_says_why(
    tmp_path: Path, flash: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened_late(port: str, name: str) -> None:
        while True:
            SerialLink(port, name).close()

    flash("sleep 0.3; echo why >&2; exit 3")
    monkeypatch.setattr("tinyhost.boards.virtual.SerialLink", opened_late)
    with (
        resolve("native", state=tmp_path).power() as power,
        pytest.raises(BoardError, match=r"(?s)died with exit code 3.*why"),
    ):
        power.open_link()


def test_firmware_that_resets_over_and_over_is_given_up(tmp_path: Path, flash: Callable[..., None]) -> None:
    flash("exit 75")
    with resolve("native", state=tmp_path).power() as power:
        assert isinstance(power, VirtualPower)
        wait_until(lambda: bool(power.failure))
        assert "resetting" in power.failure


def test_a_board_is_off_after_the_with_whatever_happens(tmp_path: Path, flash: Callable[..., None]) -> None:
    flash("trap '' TERM; while :; do sleep 0.1; done")  # does not even listen
    board = resolve("native", state=tmp_path)
    with pytest.raises(ZeroDivisionError), board.power():
        pid = firmware_pid(tmp_path)
        assert alive(pid)
        raise ZeroDivisionError
    assert not alive(pid)
    assert not (tmp_path / "native" / "running.json").exists()
    with board.power():  # and the lock is free
        pass


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_host_leaves_no_firmware_running(tmp_path: Path, flash: Callable[..., None], sign: int) -> None:
    flash()
    with powered_elsewhere(tmp_path) as host:
        pid = firmware_pid(tmp_path)
        host.send_signal(sign)
        host.wait(60)
        wait_until(lambda: not alive(pid))
    assert native_state(tmp_path) == "ready"


def test_a_board_that_another_process_powers_is_refused_with_its_pid(
    tmp_path: Path, flash: Callable[..., None]
) -> None:
    flash()
    with powered_elsewhere(tmp_path) as host:
        with (
            pytest.raises(BoardError, match=f"native is powered by process {host.pid}"),
            resolve("native", state=tmp_path).power(),
        ):
            pass
        with pytest.raises(BoardError, match=f"powered by process {host.pid}"):
            flash()


def test_a_board_that_is_kept_on_is_shared(tmp_path: Path, flash: Callable[..., None]) -> None:
    flash()
    with powered_elsewhere(tmp_path, keep_on=True) as host:
        first = firmware_pid(tmp_path)
        with resolve("native", state=tmp_path).power() as power:
            assert isinstance(power, AttachedBoard)
            link = power.open_link()
            assert "hello" in ask(link, "hello") or read_line(link)
            power.reset()
            assert firmware_pid(tmp_path) != first
            link.close()
        flash("echo new; exec cat")  # restarts it with the new program
        with resolve("native", state=tmp_path).power() as power:
            link = power.open_link()
            link.write(b"ping\n")
            wait_until(lambda: read_line(link) == "ping")
            link.close()
        with (
            pytest.raises(ConfigError, match="not 'pictures'"),
            resolve("native", state=tmp_path).power(scene="pictures"),
        ):
            pass
        assert host.poll() is None


def test_a_board_whose_port_another_program_has_is_not_flashed(tmp_path: Path, flash: Callable[..., None]) -> None:
    flash()
    program = (tmp_path / "native" / "program").read_bytes()
    with powered_elsewhere(tmp_path, keep_on=True), resolve("native", state=tmp_path).power() as power:
        link = power.open_link()
        first = firmware_pid(tmp_path)
        with pytest.raises(PortBusyError, match="is held by this program"):
            flash("exec cat")
        assert ask(link, "still") == "got still" or read_line(link) == "got still"
        link.close()
        assert (tmp_path / "native" / "program").read_bytes() == program
        assert firmware_pid(tmp_path) == first
        flash("exec cat")
        assert firmware_pid(tmp_path) != first


def test_flashing_keeps_the_flash_and_the_id(tmp_path: Path, flash: Callable[..., None]) -> None:
    flash()
    folder = BoardFolder(tmp_path, "native")
    (folder.path / "flash.bin").write_bytes(b"slots")
    unique_id = (folder.path / "unique_id").read_text()
    flash("exec cat")
    assert (folder.path / "flash.bin").read_bytes() == b"slots"
    assert (folder.path / "unique_id").read_text() == unique_id
    assert os.access(folder.program, os.X_OK)


def test_firmware_for_another_board_is_refused(flash: Callable[..., None]) -> None:
    with pytest.raises(UsageError, match="is firmware for m4"):
        flash(kind="m4")


RECORD = {"app": "vww", "build_id": "", "text_bytes": 0, "ram_bytes": 0}
DAMAGED = {
    "cut off": "{",
    "a list": "[1, 2]",
    "no text": b"\xff\xfe",
    "100,000 levels deep": "[" * 100_000 + "]" * 100_000,
    "a value too few": '{"app": "vww"}',
    "a value too many": json.dumps({**RECORD, "extra": 1}),
    "a number for text": json.dumps({**RECORD, "app": 7}),
    "nothing for text": json.dumps({**RECORD, "build_id": None}),
    "NaN": json.dumps({**RECORD, "ram_bytes": float("nan")}),
    "below zero": json.dumps({**RECORD, "text_bytes": -1}),
    "yes for a number": json.dumps({**RECORD, "text_bytes": True}),
    "a number of 5,000 digits": json.dumps(RECORD).replace("0", "9" * 5000, 1),
    "too long": json.dumps({**RECORD, "app": "x" * 100_000}),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_state_file_is_named(tmp_path: Path, flash: Callable[..., None], content: str | bytes) -> None:
    flash()
    (tmp_path / "native" / "board.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BoardError, match=r"board\.json") as caught, resolve("native", state=tmp_path).power():
        pass
    assert "\n" not in caught.value.message
    assert "tinyhost flash vww" in caught.value.hint
    assert [status.state for status in list_boards(tmp_path) if status.name == "native"] == ["damaged"]
    flash()  # writes it anew
    assert [status.state for status in list_boards(tmp_path) if status.name == "native"] == ["ready"]


def test_whoever_asks_for_a_power_cut_kills_no_process_that_a_file_names(
    tmp_path: Path, flash: Callable[..., None]
) -> None:
    flash()
    with subprocess.Popen(["sleep", "60"]) as bystander, powered_elsewhere(tmp_path, keep_on=True):
        running = tmp_path / "native" / "running.json"
        first = firmware_pid(tmp_path)
        with resolve("native", state=tmp_path).power() as power:
            running.write_text(json.dumps({**json.loads(running.read_text()), "firmware_pid": bystander.pid}))
            power.reset()
            assert alive(bystander.pid)
            assert firmware_pid(tmp_path) not in (first, bystander.pid)
            (tmp_path / "native" / "power.cut").unlink()
            (tmp_path / "native" / "power.cut").write_text("")
            with pytest.raises(BoardError, match="does not accept requests for a power cut"):
                power.reset()
            assert (tmp_path / "native" / "power.cut").read_text() == ""
        bystander.kill()


def test_firmware_does_not_start_for_a_host_that_has_died_meanwhile(
    tmp_path: Path, flash: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    flash(f"echo ran > {tmp_path}/ran; sleep 60")
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    monkeypatch.setattr("tinyhost.system.lifeline.os.getpid", lambda: gone.pid)
    with suppress(BoardError), resolve("native", state=tmp_path).power() as power:  # raised if it ends at once
        assert isinstance(power, VirtualPower)
        wait_until(lambda: bool(power.failure))
    assert not (tmp_path / "ran").exists()


def test_a_state_folder_that_takes_nothing_is_one_error_and_leaves_no_program(
    tmp_path: Path, flash: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    flash(f"echo $$ > {tmp_path}/pid; sleep 60")
    (tmp_path / "native" / "running.json").mkdir()
    uncaught: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", uncaught.append)
    with (
        pytest.raises(BoardError, match=r"native: cannot run: .*running\.json.*: Is a directory"),
        resolve("native", state=tmp_path).power(),
    ):
        pass
    (tmp_path / "native" / "running.json").rmdir()
    assert uncaught == []
    pid = tmp_path / "pid"
    assert not pid.exists() or not pid.read_text() or not alive(int(pid.read_text()))


class powered_elsewhere:
    """Another Python process that powers the board until it is stopped."""

    SCRIPT = """
import sys, time
from pathlib import Path
from tinyhost.boards import resolve
with resolve("native", state=Path(sys.argv[1])).power(keep_on=sys.argv[2] == "True"):
    print("on", flush=True)
    time.sleep(600)
"""

    def __init__(self, state: Path, keep_on: bool = False) -> None:
        command = [sys.executable, "-c", self.SCRIPT, str(state), str(keep_on)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> subprocess.Popen[str]:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "on\n"
        return self.process

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


def test_the_powered_board_has_what_every_board_has(tmp_path: Path, flash: Callable[..., None]) -> None:
    flash()
    with resolve("native", state=tmp_path).power() as power:
        typed: PoweredBoard = power
        assert (typed.board.name, typed.scene_name) == ("native", "")
