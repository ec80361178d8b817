"""Bytes to and from boards. Only here and in boards/ is pyserial imported; faults on purpose are in link.faults."""

from __future__ import annotations

from tinyhost.link.base import Link
from tinyhost.link.serial import PORT_ERRORS, SerialLink, open_error

__all__ = ["PORT_ERRORS", "Link", "SerialLink", "open_error"]
