"""Bytes to and from boards: serial ports, and faults on purpose. Only here and in boards/ is pyserial imported."""

from __future__ import annotations

from tinyhost.link.base import Link
from tinyhost.link.faults import Faults, FaultyLink
from tinyhost.link.serial import PORT_ERRORS, SerialLink, open_error

__all__ = ["PORT_ERRORS", "Faults", "FaultyLink", "Link", "SerialLink", "open_error"]
