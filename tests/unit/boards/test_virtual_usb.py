"""The emulated Nano's USB record, and its switches."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tinyhost.boards.switches import throw_switch
from tinyhost.boards.usb_ports import UsbPort, await_leaving
from tinyhost.boards.virtual_usb import await_plugged, find_plugged, unplug
from tinyhost.errors import BoardError, BoardNotFoundError

SERIAL = "0123456789ABCDEF"


def plug(folder: Path, pid: int, serial: str = SERIAL) -> None:
    note = {"vid": 0x2341, "pid": pid, "serial": serial, "product": "Nano 33 BLE", "port": "/dev/pts/9"}
    (folder / "usb.json").write_text(json.dumps(note))


def test_app_and_bootloader_are_one_board(tmp_path: Path) -> None:
    plug(tmp_path, 0x805A)
    app = find_plugged(tmp_path)
    assert (app.port, app.serial, app.bootloader, app.product) == ("/dev/pts/9", SERIAL, False, "Nano 33 BLE")
    plug(tmp_path, 0x005A, "0" * 16 + SERIAL)
    assert (find_plugged(tmp_path).bootloader, find_plugged(tmp_path).serial) == (True, SERIAL)


@pytest.mark.parametrize("note", ["", "{", "[]", '{"vid": 9025}', '{"vid": 70000, "pid": 1}'])
def test_a_note_that_says_nothing_is_no_board(tmp_path: Path, note: str) -> None:
    (tmp_path / "usb.json").write_text(note)
    with pytest.raises(BoardNotFoundError, match="is not on USB"):
        find_plugged(tmp_path)


def test_a_board_that_was_killed_is_not_on_usb(tmp_path: Path) -> None:
    plug(tmp_path, 0x805A)
    unplug(tmp_path)
    unplug(tmp_path)
    with pytest.raises(BoardNotFoundError):
        await_plugged(tmp_path, 0, lambda: "")


def test_a_board_that_dies_before_it_is_on_usb_says_why(tmp_path: Path) -> None:
    with pytest.raises(BoardError, match="locked up"):
        await_plugged(tmp_path, 60, lambda: "locked up")


IN_BOOTLOADER = UsbPort(port="/dev/pts/9", serial=SERIAL, usb_id="2341:005a", bootloader=True)
IN_APP = UsbPort(port="/dev/pts/8", serial=SERIAL, usb_id="2341:805a", bootloader=False)


def test_a_bootloader_that_waits_for_a_second_tap_is_given_the_time() -> None:
    seen = [IN_BOOTLOADER, None, IN_APP]

    def find() -> UsbPort:
        port = seen.pop(0)
        if port is None:
            raise BoardNotFoundError("away")
        return port

    assert await_leaving(find, lambda: 0.0) is IN_APP


def test_a_board_that_stays_in_its_bootloader_is_reported_to_be_there() -> None:
    seconds = iter([0.0, 1.0, 1.9, 2.1])
    assert await_leaving(lambda: IN_BOOTLOADER, lambda: next(seconds)) is IN_BOOTLOADER
    assert next(seconds, None) is None


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Give a folder with a path that is too long for a socket's, where `control` answers each line by another."""
    deep = tmp_path / ("x" * 90) / ("y" * 90)
    deep.mkdir(parents=True)
    directory = os.open(deep, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(f"/proc/self/fd/{directory}/control")
        server.listen()
        thread = threading.Thread(target=answer, args=[server], daemon=True)
        thread.start()
        yield deep
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    os.close(directory)


def answer(server: socket.socket) -> None:
    while True:
        try:
            client, _ = server.accept()
        except OSError:
            return
        with client:
            asked = client.recv(100)
            client.sendall(b"ok off\n" if asked == b"vbus off\n" else b"error no such switch\n")


def test_a_switch_answers(folder: Path) -> None:
    assert throw_switch(folder, "vbus off") == "off"
    with pytest.raises(BoardError, match="refused 'vbus of': no such switch"):
        throw_switch(folder, "vbus of")


def test_a_board_without_switches_says_so(tmp_path: Path) -> None:
    with pytest.raises(BoardError, match="no reply to 'vbus off'"):
        throw_switch(tmp_path, "vbus off")
