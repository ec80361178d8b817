"""The log of a flash: its steps and events with their times, to read or send when a board does not return."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tinyhost
from tinyhost.boards.build import Firmware
from tinyhost.boards.usb_ports import PortLister, find_usb_ports
from tinyhost.system.durable import write_atomically

__all__ = ["FlashLog"]

_MAX_LINES = 5000
_PROGRESS_S = 1.0


class FlashLog:
    """Lines with the seconds since the start, on ports, serial numbers and builds, without samples or models."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._began_s = time.monotonic()
        self._lines: list[str] = []
        self._ports = ""
        self._progress_s = 0.0
        self.note(f"tinyhost {tinyhost.__version__} on {platform.platform()}, Python {platform.python_version()}")

    def note(self, line: str) -> None:
        """Add a line."""
        if len(self._lines) < _MAX_LINES:
            self._lines.append(f"{time.monotonic() - self._began_s:8.3f}  {line}")

    def note_progress(self, line: str) -> None:
        """Add a line on progress, if the last one was a while ago."""
        if time.monotonic() >= self._progress_s + _PROGRESS_S:
            self._progress_s = time.monotonic()
            self.note(line)

    def note_firmware(self, firmware: Firmware) -> None:
        """Add the firmware that is flashed."""
        self.note(
            f"{firmware.app} for {firmware.kind}, build {firmware.build_id}, {firmware.text_bytes:,} bytes, "
            f"{firmware.origin}: {firmware.path.name}"
        )

    def watching(self, lister: PortLister) -> PortLister:
        """Return a lister that logs each change in the list of Nano boards."""

        def listed() -> Iterable[Any]:
            ports = list(lister())
            self._note_ports(ports)
            return ports

        return listed

    def write(self) -> None:
        """Write the log, in place of the last flash's."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path, ("\n".join(self._lines) + "\n").encode(), sync=False)

    def _note_ports(self, ports: list[Any]) -> None:
        found = ", ".join(f"{port.usb_id} {port.serial} on {port.port}" for port in find_usb_ports(lambda: ports))
        if found != self._ports:
            self._ports = found
            self.note(f"on USB: {found or 'no Nano 33 BLE'}")
