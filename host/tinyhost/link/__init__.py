"""Links: bytes to and from boards. pyserial is imported only here and in boards/; link.faults injects faults."""

from __future__ import annotations

from tinyhost.link.base import Link
from tinyhost.link.serial import PORT_ERRORS, SerialLink, open_error

__all__ = ["PORT_ERRORS", "Link", "SerialLink", "open_error"]
