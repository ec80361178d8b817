"""The contract of a link: bytes both ways, until it is lost."""

from __future__ import annotations

from typing import Protocol

__all__ = ["WRITE_TIMEOUT_S", "Link"]

WRITE_TIMEOUT_S = 2.0


class Link(Protocol):
    """Bytes to and from one board. One thread may read while others write."""

    name: str
    """for messages, e.g. nano33ble on /dev/ttyACM0"""

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """Return the bytes that have arrived, at most `max_bytes`; b"" if none did for `timeout_s`.

        Raises LinkLostError when the port is gone.
        """

    def write(self, data: bytes, timeout_s: float = WRITE_TIMEOUT_S) -> None:
        """Send all of `data`; raises LinkTimeoutError if the board does not take it, LinkLostError when it is gone."""

    def close(self) -> None:
        """Release the port; a second call does nothing."""
