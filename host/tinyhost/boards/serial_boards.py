"""Real boards, found by their USB ids and told apart by their serial numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tinyhost.boards.base import BoardKind, PoweredBoard
from tinyhost.errors import BoardError, BoardNotFoundError, ConfigError
from tinyhost.link.base import Link
from tinyhost.link.serial import SerialLink

__all__ = ["SerialBoard", "UsbPort", "find_port", "find_usb_ports"]

_ARDUINO_VID = 0x2341
_APP_PIDS = {0x805A}
_BOOTLOADER_PIDS = {0x005A, 0x015A, 0x025A}
# In the bootloader the number is 16 zeros and then the 16 hex digits that the app has.
_SERIAL_DIGITS = 16


@dataclass(frozen=True, kw_only=True)
class UsbPort:
    """A Nano 33 BLE on USB, as the system sees it."""

    port: str
    serial: str
    """16 hex digits, the same in the app and in the bootloader"""
    usb_id: str
    bootloader: bool


class SerialBoard:
    """A Nano 33 BLE Sense that is plugged in. It is on as long as it has USB."""

    kind: BoardKind = "nano33ble"
    is_virtual = False

    def __init__(self, serial: str) -> None:
        self.serial = serial
        self.name = f"{self.kind}:{serial}"

    @contextmanager
    def power(self, *, scene: str | None = None, hold_s: float = 0.0, keep_on: bool = False) -> Iterator[PoweredBoard]:
        """Yield the board; see base.Board."""
        del hold_s, keep_on
        if scene is not None:
            raise ConfigError(
                f"{self.name}: a real board's camera sees what is in front of it", hint="leave --scene out"
            )
        power = _SerialPower(self)
        if find_port(self.serial).bootloader:
            raise BoardError(f"{self.name} is in its bootloader on {power.port}", hint="flash it, or press reset once")
        yield power


class _SerialPower:
    """A board that gets its power from USB."""

    scene_name = ""
    scene_failure = None

    def __init__(self, board: SerialBoard) -> None:
        self.board = board

    @property
    def port(self) -> str:
        """Where the board is now. Raises BoardNotFoundError while it is away, as it is during a reset."""
        return find_port(self.board.serial).port

    def open_link(self) -> Link:
        """Return a new link to the firmware."""
        port = self.port
        return SerialLink(port, f"{self.board.kind} on {port}")

    def reset(self) -> None:
        """Raise BoardError: USB gives no way to cut the power of one board."""
        raise BoardError(
            f"{self.board.name}: its power cannot be cut from here", hint="tinyhost reset asks the firmware"
        )

    def close(self) -> None:
        """Nothing: the board stays on."""


def find_usb_ports() -> list[UsbPort]:
    """Return the boards on USB by serial number."""
    from serial.tools import list_ports

    found = [
        UsbPort(
            port=port.device,
            serial=(port.serial_number or "")[-_SERIAL_DIGITS:].upper(),
            usb_id=f"{port.vid:04x}:{port.pid:04x}",
            bootloader=port.pid in _BOOTLOADER_PIDS,
        )
        for port in list_ports.comports()
        if port.vid == _ARDUINO_VID and port.pid in _APP_PIDS | _BOOTLOADER_PIDS
    ]
    return sorted(found, key=lambda port: port.serial)


def find_port(serial: str) -> UsbPort:
    """Return where the board with this serial number is. Raises BoardNotFoundError."""
    ports = find_usb_ports()
    for port in ports:
        if port.serial == serial.upper():
            return port
    others = ", ".join(port.serial for port in ports) or "none"
    raise BoardNotFoundError(
        f"no nano33ble with serial number {serial} on USB (found: {others})",
        hint="plug it in with a data cable; tinyhost doctor checks permissions",
    )
