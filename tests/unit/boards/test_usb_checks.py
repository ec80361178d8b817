"""The doctor's checks for real boards, on machines that are simulated as folders."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from serial.tools.list_ports_common import ListPortInfo
from tinyhost.boards import BoardStatus
from tinyhost.boards.checks import UDEV_RULES, Check, Machine, usb_checks
from tinyhost.boards.usb_ports import UsbPort, find_usb_ports
from tinyhost.protocol.faults import fault_of
from tinyhost.protocol.messages import InfoReply
from tinyhost.protocol.reset import ResetReason

SERIAL = "768275C7726D618B"
RULES = "etc/udev/rules.d/60-tinyhost.rules"
NAMES = ("udev rule", "serial ports", "ModemManager")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A Debian with nothing set up."""
    put(tmp_path, "etc/group", "root:x:0:\ndialout:x:20:somebody\nplugdev:x:46:\n")
    put(tmp_path, "usr/lib/udev/rules.d/60-serial.rules", 'SUBSYSTEM!="tty", GOTO="serial_end"\n')
    return tmp_path


def put(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def look(root: Path, ports: Sequence[UsbPort] = (), groups: Sequence[int] = (1000,)) -> dict[str, Check]:
    machine = Machine(root=root, platform="linux", ports=ports, is_root=False, groups=groups)
    return {check.name: check for check in usb_checks(ask, machine)}


def ask(status: BoardStatus) -> BoardStatus:
    return replace(status, app="vww")


def info(device: str, pid: int, serial: str | None, vid: int = 0x2341) -> ListPortInfo:
    port = ListPortInfo(device)
    port.vid, port.pid, port.serial_number = vid, pid, serial
    port.product, port.location = "Nano 33 BLE", "1-1.3:1.0"
    return port


def test_a_fresh_machine_is_told_what_to_do(root: Path) -> None:
    checks = look(root)
    assert [checks[name].state for name in NAMES] == ["warning", "warning", "ok"]
    assert checks["udev rule"].fix.startswith(f"tinyhost doctor --udev | sudo tee /{RULES} && sudo udevadm control")
    assert checks["serial ports"].detail == "you are not in the group dialout"
    assert checks["serial ports"].fix == "sudo usermod -aG dialout $USER, then log in again"
    assert "none is plugged in" in checks["boards on USB"].detail


def test_with_the_rule_all_is_well(root: Path) -> None:
    put(root, RULES, UDEV_RULES)
    put(root, "proc/812/comm", "ModemManager\n")
    checks = look(root)
    assert [checks[name].state for name in NAMES] == ["ok", "ok", "ok"]
    assert "thanks to the udev rule" in checks["serial ports"].detail


def test_an_old_rule_of_ours_is_to_be_replaced(root: Path) -> None:
    put(root, RULES, UDEV_RULES.replace("025a", ""))
    assert look(root)["udev rule"].detail == f"/{RULES} is another version"


def test_arduinos_rule_opens_ports_but_does_not_stop_modem_manager(root: Path) -> None:
    put(root, "etc/udev/rules.d/60-arduino-mbed.rules", 'SUBSYSTEMS=="usb", ATTRS{idVendor}=="2341", MODE:="0666"\n')
    put(root, "proc/812/comm", "ModemManager\n")
    checks = look(root)
    assert [checks[name].state for name in NAMES] == ["ok", "ok", "warning"]
    assert checks["ModemManager"].fix == look(root / "nowhere")["udev rule"].fix


def test_a_member_of_the_ports_group_needs_no_rule(root: Path) -> None:
    assert look(root, groups=(1000, 20))["serial ports"].state == "ok"
    put(root, "etc/group", "uucp:x:986:\n")
    assert look(root)["serial ports"].detail == "you are not in the group uucp"


def test_a_machine_without_udev_or_groups_is_no_error(tmp_path: Path) -> None:
    assert look(tmp_path)["serial ports"].state == "ok"


def test_a_board_without_a_serial_port_is_found(root: Path) -> None:
    device = "sys/bus/usb/devices/1-1.3"
    for name, value in (("idVendor", "2341"), ("idProduct", "005a"), ("serial", "0" * 16 + SERIAL)):
        put(root, f"{device}/{name}", value + "\n")
    put(root, "sys/bus/usb/devices/1-2/idVendor", "046d\n")  # a mouse
    put(root, "sys/bus/usb/devices/1-2/idProduct", "c077\n")
    check = look(root)[f"nano33ble:{SERIAL}"]
    assert check.detail == "on USB at 1-1.3 (2341:005a), but it has no serial port"
    assert check.fix.startswith("sudo modprobe cdc_acm")
    (root / device / "1-1.3:1.0" / "tty" / "ttyACM0").mkdir(parents=True)
    assert f"nano33ble:{SERIAL}" not in look(root)


@pytest.mark.parametrize("device", ["/dev/ttyACM0", "/dev/cu.usbmodem14101", "COM5"])
def test_ports_of_all_systems_are_found(device: str) -> None:
    others = [info("/dev/ttyUSB0", 0x6001, "A1", vid=0x0403), info("COM1", 0x0000, None), ListPortInfo("/dev/ttyS0")]
    (port,) = find_usb_ports(lambda: [*others, info(device, 0x805A, SERIAL)])
    assert (port.port, port.serial, port.usb_id, port.bootloader) == (device, SERIAL, "2341:805a", False)
    assert (port.product, port.location) == ("Nano 33 BLE", "1-1.3")


def test_the_product_id_and_the_number_tell_bootloader_and_other_firmware() -> None:
    lister = [
        info("a", 0x005A, "0" * 16 + SERIAL),
        info("b", 0x015A, "123456"),
        info("c", 0x025A, SERIAL.lower()),
        info("d", 0x025A, "0" * 16 + SERIAL),
        info("e", 0x805A, None),
    ]
    found = {port.port: (port.bootloader, port.other_firmware) for port in find_usb_ports(lambda: lister)}
    assert found == {
        "a": (True, ""),
        "b": (False, "OpenMV"),
        "c": (False, "MicroPython"),
        "d": (True, ""),
        "e": (False, ""),
    }


def test_what_state_a_board_is_in_is_reported(root: Path) -> None:
    boards = find_usb_ports(
        lambda: [info("COM3", 0x005A, "1" * 16), info("COM4", 0x025A, "2" * 16), info("COM5", 0x805A, "3" * 16)]
    )
    checks = look(root, boards)
    assert checks["nano33ble:" + "1" * 16].detail == "COM3, USB 2341:005a: in its bootloader"
    assert checks["nano33ble:" + "1" * 16].fix == "tinyhost flash vww; or press reset once to leave it"
    assert checks["nano33ble:" + "2" * 16].detail == "COM4, USB 2341:025a: runs MicroPython"
    assert checks["nano33ble:" + "3" * 16].detail == "COM5, USB 2341:805a: app vww"
    assert [check.state for check in checks.values()][-3:] == ["warning", "warning", "ok"]


def test_a_board_that_a_fault_has_stopped_is_to_be_looked_at(root: Path) -> None:
    reply = InfoReply(app="kws", reset_reason=ResetReason.FAULT, fault_pc=0x10234, fault_cfsr=0x0200_0000)
    machine = Machine(root=root, ports=find_usb_ports(lambda: [info("COM5", 0x805A, SERIAL)]), platform="win32")
    (check,) = usb_checks(lambda status: replace(status, app="kws", fault=fault_of(reply)), machine)
    assert check.state == "warning"
    assert check.detail == (
        "COM5, USB 2341:805a: app kws; stopped by a usage fault (pc 0x00010234, lr 0x00000000, cfsr 0x02000000 "
        "DIVBYZERO): a division by zero"
    )
    assert "addr2line" in check.fix


def test_who_holds_a_port_is_reported(root: Path) -> None:
    master, slave = os.openpty()
    try:
        port = os.ttyname(slave)
        fcntl.flock(slave, fcntl.LOCK_EX)
        check = look(root, find_usb_ports(lambda: [info(port, 0x805A, SERIAL)]))[f"nano33ble:{SERIAL}"]
        assert check.detail == f"{port}, USB 2341:805a: held by this program (pid {os.getpid()})"
        assert check.fix == "close that program"
    finally:
        os.close(master)
        os.close(slave)


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_need_no_rules(root: Path, platform: str) -> None:
    machine = Machine(root=root, platform=platform, ports=[])
    assert [check.name for check in usb_checks(ask, machine)] == ["boards on USB"]


def test_the_rules_are_what_udev_reads() -> None:
    term = r'[A-Z]+(\{\w+\})?(==|=|\+=)"[^"]*"'
    lines = [line for line in UDEV_RULES.splitlines() if not line.startswith("#")]
    assert len(lines) == 3
    for line in lines:
        assert re.fullmatch(rf"{term}(, {term})*", line), line
        assert 'ATTRS{idVendor}=="2341", ATTRS{idProduct}=="005a|015a|025a|805a"' in line
