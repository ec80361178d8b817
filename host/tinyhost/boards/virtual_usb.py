"""The emulated Nano on USB: a file in its folder lists what is plugged in, like the system's list of ports.

The emulator writes `usb.json` when a host of its own has enumerated the device, and takes it away when the device is
gone (firmware/emulator). The port is a pty, another one each time.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tinyhost.boards.usb_ports import PortLister, UsbPort, find_usb_ports
from tinyhost.errors import BoardError, BoardNotFoundError, ConfigError
from tinyhost.system.json_reading import read_json

__all__ = ["await_plugged", "find_plugged", "plugged_lister", "unplug"]

_NOTE = "usb.json"
_POLL_S = 0.01
_MAX_NOTE_BYTES, _MAX_ID = 4096, 0xFFFF


@dataclass(frozen=True, kw_only=True)
class _PluggedPort:
    """A port as pyserial describes it."""

    device: str
    vid: int
    pid: int
    serial_number: str
    product: str
    location: str


def plugged_lister(folder: Path, failure: Callable[[], str] = str) -> PortLister:
    """Return a function that lists the port of this folder's board, like the system's list: empty while it is away.

    failure: returns why the board crashed, else ""; then the lister raises BoardError.
    """
    return partial(_listed, folder, failure)


def find_plugged(folder: Path) -> UsbPort:
    """Return the port of this folder's board on USB. Raises BoardNotFoundError while it has none."""
    for port in find_usb_ports(plugged_lister(folder)):
        return port
    raise BoardNotFoundError(f"{folder.name} is not on USB", hint=f"see {folder / 'board.log'}")


def await_plugged(folder: Path, timeout_s: float, failure: Callable[[], str]) -> UsbPort:
    """Wait for the board on USB and return its port.

    Raises BoardNotFoundError if it does not appear in time. failure: returns why the board crashed, else ""; then
    BoardError is raised.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            return find_plugged(folder)
        except BoardNotFoundError:
            if died := failure():
                raise BoardError(died, hint=f"see {folder / 'board.log'}") from None
            if time.monotonic() > deadline:
                raise
        time.sleep(_POLL_S)


def unplug(folder: Path) -> None:
    """Remove the file."""
    with contextlib.suppress(FileNotFoundError):
        (folder / _NOTE).unlink()


def _listed(folder: Path, failure: Callable[[], str]) -> list[_PluggedPort]:
    if died := failure():
        raise BoardError(died, hint=f"see {folder / 'board.log'}")
    try:
        note = read_json(folder / _NOTE, max_bytes=_MAX_NOTE_BYTES)
        vid, pid = (note.integer(name, 0, _MAX_ID) for name in ("vid", "pid"))
        serial_number, product, device = (note.text(name) for name in ("serial", "product", "port"))
    except (OSError, ConfigError):
        return []  # the board is not on USB
    return [
        _PluggedPort(
            device=device, vid=vid, pid=pid, serial_number=serial_number, product=product, location=folder.name
        )
    ]
