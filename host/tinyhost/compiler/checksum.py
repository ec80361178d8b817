"""The checksum of a model image."""

from __future__ import annotations

import zlib

__all__ = ["CHECKSUMMED_FROM", "image_crc32"]

CHECKSUMMED_FROM = 16
"""The image's CRC covers the bytes from here on: those after the CRC itself."""


def image_crc32(image: bytes | bytearray) -> int:
    """Return the CRC-32 that the header of these bytes must hold."""
    return zlib.crc32(memoryview(image)[CHECKSUMMED_FROM:])
