"""The bootloader of the Nano 33 BLE: its commands as bytes, and its answers as values. Pure.

It speaks SAM-BA with Arduino's extensions over USB CDC. A command is a letter, eight hex digits, a comma, more hex
digits and `#`; the bootloader reads the numbers at fixed columns. What the letters do was learnt from Arduino's BOSSA
(branch nrf) and from the bootloader that ships (ArduinoCore-mbed, bootloaders/nano33ble):

    N                   binary mode; answers LF CR
    V                   answers its version, LF CR and two stray bytes
    I                   answers the chip's name, LF CR and two stray bytes
    S address,length    the next `length` bytes go into its buffer (8,192 bytes); no answer
    Y address,0         the next write takes its bytes from this address of the buffer; answers Y LF CR
    Y address,length    erases and writes flash at 0x10000 + address; answers Y LF CR, *whether it worked or not*
    Z address,length    answers Z, the CRC in eight hex digits, # LF CR: of at most 4,096 bytes at 0x10000 + address
    K                   restarts the board; no answer
    X                   "chip erase": answers X LF CR and does nothing, so it is not used here

There is no command that reads flash: only Z tells what is there. Anything else up to the next `#` is passed over
without an answer, and so is a `#` alone.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass

__all__ = [
    "BUFFER_BYTES",
    "CHIP",
    "FLASH_OFFSET",
    "IDENTIFY",
    "MAX_CHECKSUM_BYTES",
    "MAX_REPLY_BYTES",
    "NEEDED",
    "PAGE_BYTES",
    "RESTART",
    "TEXT_REPLY",
    "VERSION",
    "WRITE_REPLY",
    "BootloaderVersion",
    "checksum",
    "checksum_command",
    "checksum_of_reply",
    "checksum_reply",
    "load_command",
    "parse_text",
    "parse_version",
    "source_command",
    "write_command",
]

CHIP = "nRF52840-QIAA"
FLASH_OFFSET = 0x10000
"""Offset that the bootloader adds to the addresses of Y and Z."""
PAGE_BYTES = 4096
"""The nRF52840's flash page, and bossac's unit."""
BUFFER_BYTES = 8192
MAX_CHECKSUM_BYTES = 4096
MAX_REPLY_BYTES = 255

VERSION = b"V#"
IDENTIFY = b"I#"
RESTART = b"K#"

TEXT_REPLY = re.compile(rb"[ -~]{4,}(?=\n\r)")
"""A version or a chip's name. At least four characters, so that no other answer looks like one."""
WRITE_REPLY = re.compile(rb"Y\n\r")
_CHECKSUM_REPLY = re.compile(rb"Z([0-9A-Fa-f]{8})#\n\r")
_CAPABILITIES = re.compile(r"\[Arduino:([A-Z]*)\]")
NEEDED = "IKYZ"
"""The extensions that an upload needs."""
_ADDRESSES = 1 << 32


@dataclass(frozen=True, kw_only=True)
class BootloaderVersion:
    """The reply to V."""

    text: str
    capabilities: str
    """letters of the extensions that it has, such as IKXYZ; empty if it has none"""

    @property
    def missing(self) -> str:
        """The extensions in NEEDED that this bootloader lacks."""
        return "".join(letter for letter in NEEDED if letter not in self.capabilities)


def load_command(address: int, length: int) -> bytes:
    """Return the command after which `length` bytes go into the bootloader's buffer at `address`."""
    if not 0 <= address <= address + length <= BUFFER_BYTES:
        raise ValueError(f"{length} bytes at {address} do not fit the bootloader's buffer of {BUFFER_BYTES} bytes")
    return b"S%08X,%08X#" % (address, length)


def source_command(address: int) -> bytes:
    """Return the command that makes the next write take its bytes from `address` of the buffer."""
    return b"Y%08X,0#" % address


def write_command(flash_address: int, length: int) -> bytes:
    """Return the command that erases and writes whole pages at `flash_address`, counted from 0.

    Never below FLASH_OFFSET, where the bootloader itself is.
    """
    if flash_address < FLASH_OFFSET or flash_address % PAGE_BYTES or length % PAGE_BYTES or length <= 0:
        raise ValueError(f"{length} bytes at 0x{flash_address:X} are not whole pages above the bootloader")
    return b"Y%08X,%08X#" % (flash_address - FLASH_OFFSET, length)


def checksum_command(flash_address: int, length: int) -> bytes:
    """Return the command that asks for the CRC of flash; addresses below FLASH_OFFSET wrap round, as they must."""
    if not 0 < length <= MAX_CHECKSUM_BYTES:
        raise ValueError(f"a checksum over {length} bytes; 1 to {MAX_CHECKSUM_BYTES} are possible")
    return b"Z%08X,%08X#" % ((flash_address - FLASH_OFFSET) % _ADDRESSES, length)


def checksum_reply() -> re.Pattern[bytes]:
    """Return the pattern of a reply to Z."""
    return _CHECKSUM_REPLY


def checksum_of_reply(reply: bytes) -> int:
    """Return the number in an answer that `checksum_reply` matches."""
    match = _CHECKSUM_REPLY.fullmatch(reply)
    if match is None:
        raise ValueError(f"not an answer to Z: {reply!r}")
    return int(match[1], 16)


def checksum(data: bytes) -> int:
    """Return the CRC that Z computes: CRC-16/XMODEM (polynomial 0x1021, first value 0)."""
    return binascii.crc_hqx(data, 0)


def parse_text(reply: bytes) -> str:
    """Return the printable text just before LF CR."""
    match = re.search(rb"[ -~]*\Z", reply)
    return match[0].decode("ascii") if match else ""


def parse_version(text: str) -> BootloaderVersion:
    """Return the version that a text names."""
    match = _CAPABILITIES.search(text)
    return BootloaderVersion(text=text, capabilities=match[1] if match else "")
