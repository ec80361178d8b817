"""A serial port, a pty or a pyserial URL (socket://, rfc2217://) as a link."""

from __future__ import annotations

import errno
import time
from typing import Any

import serial

from tinyhost.errors import LinkError, LinkLostError, LinkTimeoutError, PortBusyError
from tinyhost.link.base import WRITE_TIMEOUT_S
from tinyhost.system.holders import port_holders
from tinyhost.system.ports import SYSTEM_ERRORS, is_busy, shut_others_out
from tinyhost.system.waiting import has_input

__all__ = ["PORT_ERRORS", "SerialLink", "open_error"]

PORT_ERRORS: tuple[type[Exception], ...] = (*SYSTEM_ERRORS, ValueError, TypeError)
"""pyserial's exceptions for a broken port; the last two if another thread has closed it."""

# USB CDC ignores the rate; 1200 must never be set, as it reboots the Nano 33 BLE into its bootloader.
_BAUD = 115_200
_POLL_S = 0.002
_NO_WRITE_TIMEOUT = "rfc2217://"


class SerialLink:
    """An exclusively opened port.

    Raises PortBusyError if another process holds it, LinkLostError if it is not there.
    """

    def __init__(self, port: str, name: str) -> None:
        self.name = name
        self.port = port
        self._port = _open(port, name)
        self._fd = _fileno(self._port)

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """Return the bytes that have arrived, at most `max_bytes`; b"" after `timeout_s`; raises LinkLostError."""
        try:
            if self._fd is None:
                return self._poll(max_bytes, timeout_s)
            if not has_input(self._fd, timeout_s):
                return b""
            return bytes(self._port.read(max_bytes))
        except PORT_ERRORS as exc:
            raise self._lost(exc) from exc

    def _poll(self, max_bytes: int, timeout_s: float) -> bytes:
        """Read by polling: rfc2217 receives in a thread of its own, with nothing to select on."""
        deadline = time.monotonic() + timeout_s
        while not (waiting := self._port.in_waiting):
            if time.monotonic() >= deadline:
                return b""
            time.sleep(_POLL_S)
        return bytes(self._port.read(min(waiting, max_bytes)))

    def write(self, data: bytes, timeout_s: float = WRITE_TIMEOUT_S) -> None:
        """Send all of `data`; raises LinkTimeoutError or LinkLostError."""
        try:
            if self._port.write_timeout != timeout_s and not self.port.startswith(_NO_WRITE_TIMEOUT):
                self._port.write_timeout = timeout_s
            self._port.write(data)
        except serial.SerialTimeoutException as exc:
            raise LinkTimeoutError(
                f"{self.name}: {len(data)} bytes were not taken in {timeout_s:g} s", hint="reset the board"
            ) from exc
        except PORT_ERRORS as exc:
            raise self._lost(exc) from exc

    def close(self) -> None:
        """Release the port."""
        try:
            self._port.close()
        except PORT_ERRORS as exc:
            raise self._lost(exc) from exc

    def _lost(self, exc: Exception) -> LinkLostError:
        return LinkLostError(f"{self.name}: the port is gone ({exc})", hint="plug the board in again")


def _open(port: str, name: str) -> Any:
    exclusive = {} if "://" in port else {"exclusive": True}
    try:
        opened = serial.serial_for_url(port, baudrate=_BAUD, timeout=0, **exclusive)
        if "://" not in port and (fd := _fileno(opened)) is not None:
            shut_others_out(fd, port)
        opened.reset_input_buffer()  # drop the board's earlier output
    except PORT_ERRORS as exc:
        raise open_error(port, name, exc) from exc
    if _fileno(opened) is None:
        opened.timeout = 1.0  # read() is called only for bytes that have arrived
    return opened


def open_error(port: str, name: str, exc: Exception) -> LinkError:
    """Return why a port could not be opened: PortBusyError, LinkError without permission, else LinkLostError."""
    if is_busy(port, exc):
        holders = ", ".join(map(str, port_holders(port))) or "another process"
        return PortBusyError(f"{name}: {port} is held by {holders}", hint="close that program, then run this again")
    if getattr(exc, "errno", None) == errno.EACCES:
        return LinkError(f"{name}: no permission to open {port}", hint="tinyhost doctor")
    return LinkLostError(f"{name}: cannot open {port} ({exc})", hint="tinyhost boards")


def _fileno(opened: Any) -> int | None:
    try:
        return int(opened.fileno())
    except (AttributeError, OSError):
        return None
