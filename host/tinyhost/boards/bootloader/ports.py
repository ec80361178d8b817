"""The port of one board, tracked while it changes between app and bootloader."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Callable

import serial

from tinyhost.boards.bootloader.session import Timing
from tinyhost.boards.usb_ports import PortLister, UsbPort, find_usb_ports
from tinyhost.errors import BoardNotFoundError, LinkError, LinkLostError, PortBusyError
from tinyhost.link import PORT_ERRORS, Link, SerialLink, open_error

__all__ = ["DOUBLE_TAP", "BoardPorts", "touch"]

DOUBLE_TAP = "press the board's reset button twice within half a second; the orange LED then fades in and out"
_TOUCH_BAUD = 1200
_USUAL_BAUD = 115_200
_SERIAL = re.compile(r"[0-9A-F]{16}")
_MAX_TOUCHES = 3


class BoardPorts:
    """Tracks the port of one board. `ask` is called with a request to the person at the bench."""

    def __init__(self, serial_number: str, lister: PortLister, timing: Timing, ask: Callable[[str], None]) -> None:
        self._serial = serial_number.upper()
        self._lister = lister
        self._timing = timing
        self._ask = ask
        self._location = ""
        first = self._wait(timing.touch_s, lambda port: True)  # it may be about to change its port
        if first is None:
            raise BoardNotFoundError(
                f"no nano33ble with serial number {serial_number} on USB",
                hint=f"plug it in with a data cable; {DOUBLE_TAP}",
            )
        # MicroPython's number is not the bootloader's: such a board is followed by the socket it is plugged into.
        if first.other_firmware or not _SERIAL.fullmatch(first.serial):
            self._location = first.location

    def bootloader(self) -> UsbPort | None:
        """Return the board's port in its bootloader, which it enters if its app runs; None if it does not appear.

        Raises PortBusyError if another program has the app's port, LinkError if it may not be opened.
        """
        began = appeared = time.monotonic()
        touched = began - self._timing.touch_s
        seen, touches, asked = "", 0, False
        while (now := time.monotonic()) < began + self._timing.person_s:
            port = self._now()
            if port is not None and port.bootloader:
                return port
            where = port.port if port else ""
            if where != seen:
                seen, appeared = where, now
            if port is not None and touches < _MAX_TOUCHES and now > touched + self._timing.touch_s / _MAX_TOUCHES:
                touches += 1
                self._touch(port)
                touched = time.monotonic()
            elif not asked and now > appeared + self._timing.touch_s:
                asked = True
                what = "does not enter its bootloader on command" if port else "is not on USB; plug it in"
                self._ask(f"the board {what}: {DOUBLE_TAP}")
            time.sleep(self._timing.poll_s)
        return None

    def app(self) -> UsbPort | None:
        """Return the app's port as soon as it can be opened; None if it does not appear in time."""
        return self._wait(self._timing.app_s, lambda port: not port.bootloader and _may_open(port.port))

    def in_bootloader(self) -> UsbPort | None:
        """Return the board's port if it is in its bootloader now."""
        port = self._now()
        return port if port is not None and port.bootloader else None

    def open(self, port: UsbPort) -> Link:
        """Return a link to the bootloader. A new port may take seconds to become usable."""
        deadline = time.monotonic() + self._timing.open_s
        while True:
            try:
                return SerialLink(port.port, f"nano33ble's bootloader on {port.port}")
            except LinkError:
                port_now = self._now()
                if time.monotonic() > deadline or port_now is None or port_now.port != port.port:
                    raise
            time.sleep(self._timing.poll_s)

    def _wait(self, timeout_s: float, fits: Callable[[UsbPort], bool]) -> UsbPort | None:
        """Return the board's port as soon as the condition holds; None if it does not in time."""
        deadline = time.monotonic() + timeout_s
        while True:
            port = self._now()
            if port is not None and fits(port):
                return port
            if time.monotonic() > deadline:
                return None
            time.sleep(self._timing.poll_s)

    def _now(self) -> UsbPort | None:
        """Return the board's port; its bootloader's first, if an old port is still listed."""
        mine = [port for port in find_usb_ports(self._lister) if self._is_mine(port)]
        return max(mine, key=lambda port: port.bootloader, default=None)

    def _is_mine(self, port: UsbPort) -> bool:
        return port.serial == self._serial or bool(self._location and port.location == self._location)

    def _touch(self, port: UsbPort) -> None:
        with contextlib.suppress(LinkLostError):  # it left by itself; the caller looks for it again
            touch(port.port, f"nano33ble on {port.port}", self._timing)


def touch(port: str, name: str, timing: Timing) -> None:
    """Ask the app's core to enter the bootloader: open the port with 1200 baud, drop RTS and DTR, wait, close.

    The rate is set back while the port is there: Linux keeps it for the next board on this port, and gives it to the
    next program that opens it, whose closing would be another touch. The core has noted the 1200 by then; MicroPython
    looks at the rate when both lines drop. Sources: ArduinoCore-mbed, cores/arduino/USB/USBSerial.cpp; MicroPython,
    shared/tinyusb/mp_usbd_cdc.c; Linux, tty_save_termios().

    Raises PortBusyError if another program has the port, LinkError if it may not be opened, LinkLostError if it is
    gone.
    """
    deadline = time.monotonic() + timing.open_s
    while True:
        try:
            opened = serial.Serial(port, _TOUCH_BAUD, timeout=0, exclusive=True)
            break
        except PORT_ERRORS as exc:
            error = open_error(port, name, exc)
            if isinstance(error, PortBusyError) or time.monotonic() > deadline or not _may_come(error):
                raise error from exc
        time.sleep(timing.poll_s)
    has_lines = _drop_lines(opened)
    time.sleep(timing.touch_rate_s)
    if has_lines:
        with contextlib.suppress(*PORT_ERRORS):  # a board that has left already takes no more settings
            opened.baudrate = _USUAL_BAUD
    time.sleep(max(0.0, timing.touch_hold_s - timing.touch_rate_s))
    with contextlib.suppress(*PORT_ERRORS):
        opened.close()


def _drop_lines(opened: serial.Serial) -> bool:
    """Drop RTS and DTR; return False for a pty, which has no lines: there closing it is what drops them."""
    try:
        opened.rts = False
        opened.dtr = False
    except PORT_ERRORS:
        return False
    return True


def _may_come(error: LinkError) -> bool:
    """Whether a retry may help: udev gives a new port to its group a moment after it appears."""
    return not isinstance(error, LinkLostError)


def _may_open(port: str) -> bool:
    return not port.startswith("/") or os.access(port, os.R_OK | os.W_OK)
