"""Nano 33 BLE boards on USB: recognised by their USB ids, identified by their serial numbers.

Ports come from pyserial: /dev/ttyACM0 on Linux, /dev/cu.usbmodem14101 on macOS, COM5 on Windows. A board's port and
product id change when it enters its bootloader; its serial number does not, but for 16 zeros in front.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tinyhost.errors import BoardNotFoundError

__all__ = [
    "ARDUINO_VID",
    "NANO33BLE_PIDS",
    "PortLister",
    "UsbPort",
    "await_leaving",
    "find_port",
    "find_usb_ports",
    "system_ports",
]

ARDUINO_VID = 0x2341

# boards.txt of Arduino's mbed core names all four for this board. Sources: the USB descriptors of the bootloader and of
# the core; MicroPython's mpconfigboard.h. Sketches, tinyhost's firmware among them, have 0x805A.
_BOOTLOADER_PID = 0x005A
_SKETCH_PID = 0x805A
_OTHER_FIRMWARE = {0x015A: "OpenMV", 0x025A: "MicroPython"}
NANO33BLE_PIDS = frozenset({_BOOTLOADER_PID, _SKETCH_PID, *_OTHER_FIRMWARE})

_SERIAL_DIGITS = 16
_BOOTLOADER_SERIAL = re.compile(r"0{16}[0-9A-F]{16}")

_LEAVES_S = 2.0
"""Time for which a board that was just powered waits in its bootloader, on USB, for a second tap of its button."""
_POLL_S = 0.02

PortLister = Callable[[], Iterable[Any]]
"""Returns the list of serial.tools.list_ports.comports(); tests replace it to plug boards in."""


@dataclass(frozen=True, kw_only=True)
class UsbPort:
    """A Nano 33 BLE on USB, as the system sees it."""

    port: str
    """device path or name: /dev/ttyACM0, /dev/cu.usbmodem14101, COM5"""
    serial: str
    """16 hex digits, the same in the app and in the bootloader; empty if the board tells none"""
    usb_id: str
    """vendor and product: 2341:805a"""
    bootloader: bool
    product: str = ""
    """as the board names itself"""
    location: str = ""
    """the socket that it is plugged into, such as 1-1.3; empty if the system tells none"""
    other_firmware: str = ""
    """MicroPython or OpenMV, if that runs on the board"""


def system_ports() -> Iterable[Any]:
    """Return every serial port of this computer."""
    from serial.tools import list_ports

    return list(list_ports.comports())


def find_usb_ports(lister: PortLister = system_ports) -> list[UsbPort]:
    """Return the boards on USB by serial number."""
    found = [_usb_port(info) for info in lister() if info.vid == ARDUINO_VID and info.pid in NANO33BLE_PIDS]
    return sorted(found, key=lambda port: (port.serial, port.port))


def find_port(serial: str) -> UsbPort:
    """Return the port of the board with this serial number. Raises BoardNotFoundError."""
    ports = find_usb_ports()
    for port in ports:
        if port.serial == serial.upper():
            return port
    others = ", ".join(port.serial for port in ports) or "none"
    raise BoardNotFoundError(
        f"no nano33ble with serial number {serial} on USB (found: {others})",
        hint="plug it in with a data cable, or double-tap its reset button; tinyhost doctor checks permissions",
    )


def await_leaving(find: Callable[[], UsbPort], now_s: Callable[[], float] = time.monotonic) -> UsbPort:
    """Return a board's port after its bootloader has left by itself, or the bootloader's if it stays.

    find: returns the present port or raises BoardNotFoundError, like `find_port`; that is raised if the board does not
    return. now_s: the board's own time.
    """
    deadline_s = now_s() + _LEAVES_S
    while True:
        is_late = now_s() > deadline_s
        try:
            port = find()
        except BoardNotFoundError:
            if is_late:
                raise
        else:
            if is_late or not port.bootloader:
                return port
        time.sleep(_POLL_S)


def _usb_port(info: Any) -> UsbPort:
    number = (info.serial_number or "").upper()
    # The other firmwares' ids are in boards.txt among the bootloader's, so the number decides.
    bootloader = info.pid == _BOOTLOADER_PID or (
        info.pid in _OTHER_FIRMWARE and _BOOTLOADER_SERIAL.fullmatch(number) is not None
    )
    return UsbPort(
        port=info.device,
        serial=number[-_SERIAL_DIGITS:],
        usb_id=f"{info.vid:04x}:{info.pid:04x}",
        bootloader=bootloader,
        product=info.product or "",
        # pyserial adds the interface's number, which differs between app and bootloader
        location=(info.location or "").partition(":")[0],
        other_firmware="" if bootloader else _OTHER_FIRMWARE.get(info.pid, ""),
    )
