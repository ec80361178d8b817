"""Real boards, in use: powered by USB, opened by their serial numbers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from tinyhost.boards.base import BoardKind, PoweredBoard, PowerElsewhere
from tinyhost.boards.usb_ports import UsbPort, await_leaving, find_port, find_usb_ports
from tinyhost.errors import BoardError, ConfigError
from tinyhost.link.base import Link
from tinyhost.link.serial import SerialLink

__all__ = ["SerialBoard", "UsbPort", "find_port", "find_usb_ports"]


class SerialBoard:
    """A Nano 33 BLE Sense that is plugged in. It is powered by USB."""

    kind: BoardKind = "nano33ble"
    is_virtual = False
    firmware_kind = "nano33ble"
    has_bootloader = True
    tick_unit = ""
    now_s = staticmethod(time.monotonic)

    def __init__(self, serial: str) -> None:
        self.serial = serial
        self.name = f"{self.kind}:{serial}"

    @contextmanager
    def power(self, *, scene: str | None = None, hold_s: float = 0.0, keep_on: bool = False) -> Iterator[PoweredBoard]:
        """Yield the board; see base.Board."""
        del hold_s, keep_on
        if scene is not None:
            raise ConfigError(f"{self.name}: a real board's camera sees what is in front of it", hint="omit --scene")
        power = _SerialPower(self)
        if find_port(self.serial).bootloader and await_leaving(lambda: find_port(self.serial)).bootloader:
            raise BoardError(f"{self.name} is in its bootloader on {power.port}", hint="flash it, or press reset once")
        yield power


class _SerialPower(PowerElsewhere):
    """A board that gets its power from USB."""

    def __init__(self, board: SerialBoard) -> None:
        self.board = board

    @property
    def port(self) -> str:
        """The board's present port. Raises BoardNotFoundError while it is away, e.g. during a reset."""
        return find_port(self.board.serial).port

    def open_link(self) -> Link:
        """Return a new link to the firmware."""
        port = self.port
        return SerialLink(port, f"{self.board.kind} on {port}")

    def reset(self) -> None:
        """Raise BoardError: USB gives no way to cut the power of one board."""
        raise BoardError(
            f"{self.board.name}: this computer cannot switch its power", hint="tinyhost reset asks the firmware"
        )
