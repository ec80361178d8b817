"""Checks for real boards: permission to open their ports, programs that grab them, boards plugged in.

All files are read below a root folder, and the list of ports can be given, so that tests can use machines of their own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tinyhost.boards.base import BoardStatus
from tinyhost.boards.checks.check import Check
from tinyhost.boards.usb_ports import ARDUINO_VID, NANO33BLE_PIDS, UsbPort, find_usb_ports
from tinyhost.system.holders import port_holders

__all__ = ["UDEV_RULES", "Machine", "usb_checks"]

_BOARD = "nano33ble"
_UDEV_FILE = "etc/udev/rules.d/60-tinyhost.rules"
_UDEV_FOLDERS = ("etc/udev/rules.d", "run/udev/rules.d", "usr/lib/udev/rules.d", "lib/udev/rules.d")
_INSTALL = (
    f"tinyhost doctor --udev | sudo tee /{_UDEV_FILE} && sudo udevadm control --reload-rules && sudo udevadm trigger"
)
_PIDS = "|".join(f"{pid:04x}" for pid in sorted(NANO33BLE_PIDS))
_MATCH = f'ATTRS{{idVendor}}=="{ARDUINO_VID:04x}", ATTRS{{idProduct}}=="{_PIDS}"'
# 60: the tag uaccess counts only in rules before systemd's 73-seat-late.rules, ModemManager's ids before its own 77-.
UDEV_RULES = f"""\
# /{_UDEV_FILE}: the Arduino Nano 33 BLE and its bootloader.
# The person at the computer and the group dialout may use it; ModemManager does not take it for a modem.
SUBSYSTEM=="tty", {_MATCH}, MODE="0660", GROUP="dialout", TAG+="uaccess"
SUBSYSTEM=="tty", {_MATCH}, ENV{{ID_MM_PORT_IGNORE}}="1", ENV{{ID_MM_DEVICE_IGNORE}}="1"
SUBSYSTEM=="usb", {_MATCH}, ENV{{ID_MM_DEVICE_IGNORE}}="1"
"""
_GROUPS = ("dialout", "uucp")
"""Who owns serial ports: Debian, Ubuntu, Fedora; Arch."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """The file system, user and ports to check."""

    root: Path = Path("/")
    platform: str = sys.platform
    ports: Sequence[UsbPort] | None = None
    """the boards that are plugged in; None: ask the system"""
    is_root: bool = field(default_factory=lambda: hasattr(os, "geteuid") and os.geteuid() == 0)
    groups: Collection[int] = field(default_factory=lambda: os.getgroups() if hasattr(os, "getgroups") else ())

    def read(self, path: str) -> str:
        """Return a file's text; empty if it cannot be read."""
        return _read(self.root / path)


def usb_checks(ask: Callable[[BoardStatus], BoardStatus], machine: Machine | None = None) -> Iterator[Check]:
    """Yield the checks of what real boards need. ask: returns a board's status with what the board says of itself."""
    machine = machine or Machine()
    ports = find_usb_ports() if machine.ports is None else machine.ports
    if machine.platform == "linux":
        rules = _rules(machine)
        yield _udev(machine, rules)
        yield _group(machine, rules)
        yield _modem_manager(machine, rules)
        yield from _devices_without_port(machine, ports)
    if not ports:
        yield Check(
            name="boards on USB",
            needed_for=_BOARD,
            state="ok",
            detail="none is plugged in, or its cable carries no data; if a board hangs, double-tap reset",
        )
    for port in ports:
        yield _port(port, ask)


def _rules(machine: Machine) -> str:
    """Return all udev rules that name Arduino's vendor id."""
    files = (file for folder in _UDEV_FOLDERS for file in sorted((machine.root / folder).glob("*.rules")))
    return "\n".join(text for file in files if f"{ARDUINO_VID:04x}" in (text := _read(file)))


def _udev(machine: Machine, rules: str) -> Check:
    mine = machine.read(_UDEV_FILE)
    if mine and mine != UDEV_RULES:
        return Check(
            name="udev rule",
            needed_for=_BOARD,
            state="warning",
            detail=f"/{_UDEV_FILE} is another version",
            fix=_INSTALL,
        )
    return Check(
        name="udev rule",
        needed_for=_BOARD,
        state="ok" if rules else "warning",
        detail=f"/{_UDEV_FILE}"
        if mine
        else "there is a rule for Arduino boards"
        if rules
        else "no rule for Arduino boards",
        fix="" if rules else _INSTALL,
    )


def _group(machine: Machine, rules: str) -> Check:
    """Check that this user may open serial ports: as root, by group, by udev's tag uaccess, or by a mode of 666."""
    ids = dict(_group_ids(machine.read("etc/group")))
    name = next((name for name in _GROUPS if name in ids), "")
    by_rule = "uaccess" in rules or '"0666"' in rules
    member = machine.is_root or not name or ids[name] in machine.groups
    how = "may be opened" if member else "may be opened by the person at this computer, thanks to the udev rule"
    return Check(
        name="serial ports",
        needed_for=_BOARD,
        state="ok" if member or by_rule else "warning",
        detail=how if member or by_rule else f"you are not in the group {name}",
        fix="" if member or by_rule else f"sudo usermod -aG {name} $USER, then log in again",
    )


def _group_ids(text: str) -> Iterator[tuple[str, int]]:
    """Yield (name, id) of /etc/group: name:password:id:members."""
    for line in text.splitlines():
        fields = line.split(":")
        if len(fields) >= 3 and fields[2].isdigit():
            yield fields[0], int(fields[2])


def _modem_manager(machine: Machine, rules: str) -> Check:
    """Check that ModemManager ignores the boards: it talks to every other new serial port for seconds."""
    names = (_read(file).strip() for file in (machine.root / "proc").glob("[0-9]*/comm"))
    disturbs = any(name == "ModemManager" for name in names) and "ID_MM_DEVICE_IGNORE" not in rules
    return Check(
        name="ModemManager",
        needed_for=_BOARD,
        state="warning" if disturbs else "ok",
        detail="probes new boards as if they were modems" if disturbs else "does not interfere",
        fix=_INSTALL if disturbs else "",
    )


def _devices_without_port(machine: Machine, ports: Sequence[UsbPort]) -> Iterator[Check]:
    """Yield boards on USB that have no serial port."""
    known = {port.serial for port in ports}
    for folder in sorted((machine.root / "sys/bus/usb/devices").glob("*")):
        ids = [_read(folder / name).strip() for name in ("idVendor", "idProduct")]
        if ids[0] != f"{ARDUINO_VID:04x}" or ids[1] not in _PIDS.split("|"):
            continue
        serial = _read(folder / "serial").strip().upper()[-16:]
        if serial in known or any(folder.glob("*/tty")):
            continue
        yield Check(
            name=f"{_BOARD}:{serial}",
            needed_for=_BOARD,
            state="warning",
            detail=f"on USB at {folder.name} ({':'.join(ids)}), but it has no serial port",
            fix="sudo modprobe cdc_acm; in a container or virtual machine, pass /dev/ttyACM0 through",
        )


def _port(port: UsbPort, ask: Callable[[BoardStatus], BoardStatus]) -> Check:
    """Return a board's state, the holder of its port, whether it may be opened, and its firmware."""
    holders = ", ".join(map(str, port_holders(port.port)))
    is_file = port.port.startswith("/")
    allowed = not is_file or os.access(port.port, os.R_OK | os.W_OK)
    if not allowed:
        what, fix = "no permission", "see udev rule and serial ports above"
    elif holders:
        what, fix = f"held by {holders}", "close that program"
    elif port.bootloader:
        what, fix = "in its bootloader", "tinyhost flash vww; or press reset once to leave it"
    elif port.other_firmware:
        what, fix = f"runs {port.other_firmware}", "tinyhost flash vww puts tinyhost's firmware on it"
    else:
        what, fix = _told(ask(_ready(port)))
    return Check(
        name=f"{_BOARD}:{port.serial}",
        needed_for=_BOARD,
        state="warning" if fix else "ok",
        detail=f"{port.port}, USB {port.usb_id}: {what}",
        fix=fix,
    )


def _ready(port: UsbPort) -> BoardStatus:
    name = f"{_BOARD}:{port.serial}"
    return BoardStatus(name=name, kind="nano33ble", is_virtual=False, state="ready", port=port.port)


def _told(status: BoardStatus) -> tuple[str, str]:
    """Return a board's firmware as it reports it, and the remedy if it is silent or was stopped by a fault."""
    if status.state != "ready":
        return status.detail.strip("; "), "double-tap reset, then tinyhost flash vww"
    told = {"revision": status.revision, "app": status.app, "build": status.build_id, "model": status.model}
    runs = ", ".join(f"{key} {value}" for key, value in told.items() if value)
    fault = status.fault
    return (f"{runs}; stopped by a {fault}: {fault.meaning}", fault.action) if fault else (runs, "")


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
