"""From a board's name to a board, with USB ports as pyserial reports them."""

from __future__ import annotations

from pathlib import Path

import pytest
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo
from tinyhost.boards import list_boards, resolve
from tinyhost.boards.serial_boards import find_port
from tinyhost.errors import BoardError, BoardNotFoundError, ConfigError, UsageError

SERIAL = "0123456789ABCDEF"
OTHER = "FEDCBA9876543210"


def usb(device: str, pid: int, serial: str, vid: int = 0x2341) -> ListPortInfo:
    port = ListPortInfo(device)
    port.vid, port.pid, port.serial_number = vid, pid, serial
    return port


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> list[ListPortInfo]:
    ports: list[ListPortInfo] = []
    monkeypatch.setattr(list_ports, "comports", lambda: ports)
    return ports


def test_without_any_board_native_is_taken(plugged: list[ListPortInfo], tmp_path: Path) -> None:
    plugged.append(usb("/dev/ttyUSB0", 0x6001, "A1", vid=0x0403))  # somebody else's adapter
    assert resolve(None, state=tmp_path).name == "native"


def test_the_only_real_board_is_taken(plugged: list[ListPortInfo], tmp_path: Path) -> None:
    plugged.append(usb("/dev/ttyACM3", 0x805A, SERIAL))
    board = resolve(None, state=tmp_path)
    assert (board.name, board.kind, board.is_virtual) == (f"nano33ble:{SERIAL}", "nano33ble", False)
    assert resolve("nano33ble", state=tmp_path).name == board.name
    with board.power() as power:
        assert power.port == "/dev/ttyACM3"
        plugged[0] = usb("/dev/ttyACM4", 0x805A, SERIAL)
        assert power.port == "/dev/ttyACM4"  # it came back elsewhere


def test_two_real_boards_are_not_guessed_between(plugged: list[ListPortInfo], tmp_path: Path) -> None:
    plugged += [usb("/dev/ttyACM0", 0x805A, SERIAL), usb("/dev/ttyACM1", 0x805A, OTHER)]
    with pytest.raises(BoardNotFoundError, match=f"nano33ble:{SERIAL}, nano33ble:{OTHER}"):
        resolve(None, state=tmp_path)
    assert resolve(f"nano33ble:{OTHER}", state=tmp_path).name == f"nano33ble:{OTHER}"


@pytest.mark.parametrize("pid", [0x005A, 0x015A, 0x025A])
def test_a_board_in_its_bootloader_is_the_same_board(plugged: list[ListPortInfo], tmp_path: Path, pid: int) -> None:
    plugged.append(usb("/dev/ttyACM0", pid, "0" * 16 + SERIAL.lower()))
    assert find_port(SERIAL).bootloader
    assert list_boards(tmp_path)[0].state == "bootloader"
    with pytest.raises(BoardError, match="bootloader"), resolve(f"nano33ble:{SERIAL}", state=tmp_path).power():
        pass


def test_a_board_that_is_not_there_says_what_is(plugged: list[ListPortInfo], tmp_path: Path) -> None:
    with pytest.raises(BoardNotFoundError, match="no nano33ble is plugged in"):
        resolve("nano33ble", state=tmp_path)
    plugged.append(usb("/dev/ttyACM0", 0x805A, SERIAL))
    with pytest.raises(BoardNotFoundError, match=rf"{OTHER} on USB \(found: {SERIAL}\)"):
        resolve(f"nano33ble:{OTHER}", state=tmp_path)


@pytest.mark.parametrize("spec", ["uno", "nano33ble:", "m4:1", ""])
def test_an_unknown_name_lists_the_known_ones(plugged: list[ListPortInfo], tmp_path: Path, spec: str) -> None:
    with pytest.raises(UsageError) as error:
        resolve(spec, state=tmp_path)
    assert error.value.hint == (
        "expected native, m4, nano33emu, nano33emu:rev2, nano33ble or nano33ble:SERIAL; a port: its path, "
        "socket://HOST:PORT, rfc2217://HOST:PORT; or a board on another machine: ssh:HOST/SERIAL, labgrid:PLACE, "
        "jumpstarter:LABEL=VALUE"
    )


def test_the_port_of_a_plugged_nano_is_that_nano(plugged: list[ListPortInfo], tmp_path: Path) -> None:
    plugged.append(usb("/dev/ttyACM3", 0x805A, SERIAL))
    assert resolve("/dev/ttyACM3", state=tmp_path).name == f"nano33ble:{SERIAL}"
    other = resolve("/dev/ttyACM4", state=tmp_path)
    assert (other.name, other.kind, other.has_bootloader) == ("/dev/ttyACM4", "port", False)


def test_a_real_board_has_no_scene(plugged: list[ListPortInfo], tmp_path: Path) -> None:
    plugged.append(usb("/dev/ttyACM0", 0x805A, SERIAL))
    with pytest.raises(ConfigError, match="what is in front of it"), resolve(None, state=tmp_path).power(scene="x"):
        pass


def test_virtual_boards_are_always_listed(plugged: list[ListPortInfo], tmp_path: Path) -> None:
    statuses = list_boards(tmp_path)
    assert [(s.name, s.state, s.is_virtual) for s in statuses] == [
        ("native", "no firmware", True),
        ("m4", "no firmware", True),
        ("nano33emu", "no firmware", True),
        ("nano33emu:rev2", "no firmware", True),
    ]


def test_a_virtual_board_without_firmware_says_how_to_flash_it(plugged: list[ListPortInfo], tmp_path: Path) -> None:
    with pytest.raises(BoardError, match="no firmware on native") as error, resolve("native", state=tmp_path).power():
        pass
    assert error.value.hint == "tinyhost flash vww --board native"
