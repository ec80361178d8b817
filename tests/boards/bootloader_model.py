"""A model of a Nano 33 BLE and its bootloader, on a pty, with faults; written from what is known of the real one.

Known from Arduino's BOSSA (branch nrf), from the bootloader that ships (ArduinoCore-mbed, bootloaders/nano33ble), and
from the nRF52840 Product Specification: the fixed columns of numbers, the stray bytes after a text, buffers without
bounds, answers that come whether flash took the bytes or not, flash that only clears bits. See
boards/bootloader/protocol.py.

The board is listed as serial.tools.list_ports would list it (`ports`), and gets a new pty whenever it comes back.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import termios
import threading
import time
import tty
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import TracebackType

import numpy as np
from serial.tools.list_ports_common import ListPortInfo

__all__ = ["CHIP", "FLASH_BYTES", "PROGRAM_BEGIN", "SERIAL", "VERSION", "BoardFaults", "BootloaderModel", "Flash"]

SERIAL = "768275C7726D618B"
VERSION = b"Arduino Bootloader (SAM-BA extended) 2.0 [Arduino:IKXYZ]"
CHIP = b"nRF52840-QIAA"
FLASH_BYTES = 1 << 20
PROGRAM_BEGIN = 0x10000
BOOTLOADER_BYTES = 35_768
_PAGE = 4096
_WORD_WRITES = 2
"""So often a word may be written between two erases: nRF52840 Product Specification 1.7, 6.23."""
_COMMAND_BYTES = 64
_CHECKSUM_OFFSET = _COMMAND_BYTES + 8192 + 1
_RAM_BYTES = _CHECKSUM_OFFSET + 4096
"""The command buffer, the data buffer and the checksum's, one behind the other. Writing beyond them hangs the board."""
_RAM_BEHIND_DATA = 0x2004_0000 - 0x2000_18B8
_NUMBER = re.compile(rb"[ \t-\r]*([+-]?)(?:0[xX])?([0-9A-Fa-f]*)")
_WORDS = 1 << 32
_TICK_S = 0.002


class Flash:
    """Flash as bytes: an erase sets a page, a write clears bits, and a word takes two writes."""

    def __init__(self) -> None:
        self.bytes = np.full(FLASH_BYTES, 0xFF, np.uint8)
        self._writes = np.zeros(FLASH_BYTES // 4, np.uint8)
        self.overwritten_words = 0
        self.n_erases = 0

    def load(self, address: int, data: bytes) -> None:
        """Put bytes there, as the factory would."""
        self.bytes[address : address + len(data)] = np.frombuffer(data, np.uint8)

    def read(self, address: int, length: int) -> bytes:
        """Return what is there."""
        return self.bytes[address : address + length].tobytes()

    def erase(self, address: int, length: int) -> bool:
        """Erase whole pages; return False, and do nothing, for anything else."""
        if not self.has(address, length) or address % _PAGE or length % _PAGE:
            return False
        self.bytes[address : address + length] = 0xFF
        self._writes[address // 4 : (address + length) // 4] = 0
        self.n_erases += length // _PAGE
        return True

    def write(self, address: int, data: bytes) -> None:
        """Clear bits; what is not in flash is passed over."""
        if not self.has(address, len(data)):
            return
        self.bytes[address : address + len(data)] &= np.frombuffer(data, np.uint8)
        words = slice(address // 4, (address + len(data) + 3) // 4)
        self._writes[words] += 1
        self.overwritten_words += int((self._writes[words] > _WORD_WRITES).sum())

    @staticmethod
    def has(address: int, length: int) -> bool:
        """Whether all of it is in flash; an address is signed to the bootloader."""
        return address < FLASH_BYTES and address + length <= FLASH_BYTES


@dataclass(frozen=True, kw_only=True)
class BoardFaults:
    """What goes wrong, counted over the life of one model; each happens once."""

    lost_in: Collection[int] = ()
    """bytes from the host that do not arrive, by their number"""
    lost_out: Collection[int] = ()
    noise_out: Mapping[int, bytes] = field(default_factory=dict)
    """bytes that the host gets in front of the byte with this number"""
    noise_in: bytes = b""
    """what another program has sent to the bootloader before: ModemManager's questions"""
    reset_at_byte: int = -1
    """the board resets when this byte from the host arrives"""
    reset_at_command: int = -1
    """the board resets in the middle of this command: a write has erased and written half"""
    slow_writes: Mapping[int, float] = field(default_factory=dict)
    """seconds that the write with this number takes"""
    bad_pages: Collection[int] = ()
    """pages that take no write, for good"""
    weak_writes: Collection[int] = ()
    """writes, by their number, that leave a bit as it was"""
    ignored_touches: int = 0
    stays_away: bool = False
    """the app never comes back on USB"""
    same_port: bool = False
    """the board comes back on the port it had; else on another"""


class BootloaderModel:
    """A board that is plugged in, as a context manager. `ports` is what the system lists."""

    def __init__(
        self,
        programs: Collection[bytes],
        *,
        faults: BoardFaults | None = None,
        in_bootloader: bool = False,
        chip: bytes = CHIP,
        version: bytes = VERSION,
        usb: tuple[int, int, int] = (0x2341, 0x805A, 0x005A),
        moved_bootloader: bool = False,
        touch_s: float = 0.0,
        write_s: float = 0.0,
        app_port: str = "",
    ) -> None:
        """programs: those that run; the board has the first. usb: vendor, app's product, bootloader's product.

        touch_s: how long a touch must last. app_port: a port that something else serves, where the app is then.
        """
        self.flash = Flash()
        self.flash.load(0, bytes(range(256)) * (BOOTLOADER_BYTES // 256))
        if moved_bootloader:
            self.flash.load(0xE0000, bytes.fromhex("40cd0020 39400e00"))
        self.programs = list(programs)
        self.flash.load(PROGRAM_BEGIN, self.programs[0])
        self.faults = faults or BoardFaults()
        self.n_commands = self.n_in = self.n_out = self.n_writes = self.n_boots = 0
        self.received = bytearray()
        self.app_port = app_port
        self.chip, self._version, self._usb = chip, version, usb
        self._touch_s, self._write_s = touch_s, write_s
        self._ram = bytearray(_RAM_BYTES)
        self._wants_bootloader = in_bootloader
        self._touches = 0
        self._touched_at = 0.0
        self._listing: list[ListPortInfo] = []
        self._master = -1
        self._tapped = False
        self._stopping = False
        self._hung = False
        self._mode = ""
        self._thread = threading.Thread(target=self._run, name="bootloader model", daemon=True)

    def __enter__(self) -> BootloaderModel:
        self._boot()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping = True
        self._thread.join()
        self._unplug()

    @property
    def mode(self) -> str:
        """app, bootloader, or dead: what it runs shows no port."""
        return self._mode

    def ports(self) -> list[ListPortInfo]:
        """Return what serial.tools.list_ports.comports() would."""
        return list(self._listing)

    def double_tap(self) -> None:
        """Press the reset button twice."""
        self._tapped = True

    def program(self, length: int) -> bytes:
        """Return the flash from 0x10000 on."""
        return self.flash.read(PROGRAM_BEGIN, length)

    # Power and USB

    def _boot(self) -> None:
        self.n_boots += 1
        self._command_bytes = 0
        self._pending = 0
        self._source = 0
        self._hung = False
        head = self.flash.read(PROGRAM_BEGIN, 8)
        has_program = b"\xff\xff\xff\xff" not in (head[:4], head[4:])
        if self._wants_bootloader or not has_program:
            self._wants_bootloader = False
            self._plug("bootloader")
            if self.faults.noise_in and self.n_in == 0:
                self._take(self.faults.noise_in)
        elif any(self.program(len(program)) == program for program in self.programs):
            self._plug("dead" if self.faults.stays_away and self.n_commands else "app")
        else:
            self._plug("dead")

    def _plug(self, mode: str) -> None:
        if self.faults.same_port:
            self._unplug()
            master, slave = os.openpty()
        else:
            master, slave = os.openpty()
            self._unplug()
        tty.setraw(slave)
        os.set_blocking(master, False)
        self._master = master
        vid, app_pid, bootloader_pid = self._usb
        info = ListPortInfo(self.app_port if mode == "app" and self.app_port else os.ttyname(slave))
        info.vid, info.location = vid, "1-1.3:1.0"
        info.pid = bootloader_pid if mode == "bootloader" else app_pid
        info.serial_number = "0" * 16 + SERIAL if mode == "bootloader" else SERIAL
        info.product = "Arduino Nano 33 BLE" if mode == "bootloader" else "Nano 33 BLE"
        os.close(slave)
        self._touched_at = 0.0
        self._listing = [info] if mode != "dead" else []
        self._mode = mode

    def _unplug(self) -> None:
        self._listing = []
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def _run(self) -> None:
        while not self._stopping:
            if self._tapped:
                self._tapped = False
                self._wants_bootloader = True
                self._boot()
            if self._mode == "bootloader":
                self._serve()
            elif self._mode == "app" and not self.app_port and self._is_touched():
                self._wants_bootloader = True
                self._boot()
            else:
                time.sleep(_TICK_S)

    def _is_touched(self) -> bool:
        """Return whether a host has set 1200 baud, held that long enough, and closed the port."""
        if not self._touched_at:
            if termios.tcgetattr(self._master)[4] == termios.B1200:
                self._touched_at = time.monotonic()
            return False
        poll = select.poll()
        poll.register(self._master, 0)
        closed = any(event & select.POLLHUP for _, event in poll.poll(0))
        if not closed or time.monotonic() - self._touched_at < self._touch_s:
            return False
        self._touches += 1
        self._touched_at = 0.0
        settings = termios.tcgetattr(self._master)  # which outlive the host's end
        settings[4] = settings[5] = termios.B9600
        termios.tcsetattr(self._master, termios.TCSANOW, settings)
        return self._touches > self.faults.ignored_touches

    # The bootloader

    def _serve(self) -> None:
        if not select.select([self._master], [], [], 0.01)[0]:
            return
        try:
            data = os.read(self._master, 4096)
        except OSError:  # nobody has the port open
            time.sleep(_TICK_S)
            return
        begin = self.n_in
        self.n_in += len(data)
        self.received += data
        reset = self.faults.reset_at_byte - begin
        lost = {number - begin for number in self.faults.lost_in if begin <= number < self.n_in}
        if 0 <= reset < len(data):
            self._take(bytes(value for offset, value in enumerate(data[:reset]) if offset not in lost))
            self._boot()
        else:
            self._take(bytes(value for offset, value in enumerate(data) if offset not in lost) if lost else data)

    def _take(self, data: bytes) -> None:
        """Do what the main loop does with bytes that have arrived."""
        boots = self.n_boots
        while data and not self._hung and self.n_boots == boots:
            if self._pending:
                piece, data = data[: self._pending], data[self._pending :]
                self._store(_COMMAND_BYTES + self._load_address, piece)
                self._load_address += len(piece)
                self._pending -= len(piece)
                continue
            end = data.find(b"#") + 1
            piece, data = (data[:end], data[end:]) if end else (data, b"")
            self._store(self._command_bytes, piece)
            self._command_bytes += len(piece)
            if end:
                self._store(self._command_bytes, b"\0")
                self._command_bytes = 0
                self._execute()

    def _store(self, offset: int, data: bytes) -> None:
        if offset < 0 or offset + len(data) > _RAM_BYTES:
            self._hung = True
            return
        self._ram[offset : offset + len(data)] = data

    def _number(self, column: int) -> int:
        """Return what the C library reads at a column of the command."""
        match = _NUMBER.match(self._ram, column)
        assert match is not None
        value = min(int(match[2] or b"0", 16), _WORDS - 1)
        return -value % _WORDS if match[1] == b"-" else value

    def _execute(self) -> None:
        self.n_commands += 1
        resets = self.n_commands - 1 == self.faults.reset_at_command
        letter = self._ram[:1]
        if letter == b"N":
            self._answer(b"\n\r")
        elif letter == b"V":
            self._answer(self._version + b"\n\r\0n")
        elif letter == b"I":
            self._answer(self.chip + b"\n\r\0X")
        elif letter == b"X":
            self._answer(b"X\n\r")
        elif letter == b"S":
            self._load_address, self._pending = self._number(1), self._number(10)
        elif letter == b"Y":
            self._write(self._number(1), self._number(10), half=resets)
        elif letter == b"Z":
            self._checksum(self._number(1), self._number(10))
        if letter == b"K" or resets:
            self._boot()

    def _write(self, address: int, length: int, *, half: bool) -> None:
        if length == 0:
            self._source = address
            self._answer(b"Y\n\r")
            return
        number, self.n_writes = self.n_writes, self.n_writes + 1
        time.sleep(self.faults.slow_writes.get(number, self._write_s))
        begin = (address + PROGRAM_BEGIN) % _WORDS
        source = _COMMAND_BYTES + self._source
        data = bytes(self._ram[source : source + length]).ljust(min(length, FLASH_BYTES), b"\0")
        if begin // _PAGE not in self.faults.bad_pages:
            self.flash.erase(begin, length)
            if self.flash.has(begin, length) and self._source + length > _RAM_BEHIND_DATA:
                self._hung = True  # a read beyond the RAM
                return
            if number in self.faults.weak_writes:
                data = bytes([data[0] ^ 1]) + data[1:]
            self.flash.write(begin, data[: length // 2] if half else data)
        if not half:
            self._answer(b"Y\n\r")

    def _checksum(self, address: int, length: int) -> None:
        begin = (address + PROGRAM_BEGIN) % _WORDS
        if length > _PAGE:
            self._hung = True
            return
        offset = _CHECKSUM_OFFSET
        if self.flash.has(begin, length):
            self._ram[offset : offset + length] = self.flash.read(begin, length)
        self._answer(b"Z%08X#\n\r" % _crc16(bytes(self._ram[offset : offset + length])))

    def _answer(self, data: bytes) -> None:
        out = bytearray()
        for value in data:
            out += self.faults.noise_out.get(self.n_out, b"")
            if self.n_out not in self.faults.lost_out:
                out.append(value)
            self.n_out += 1
        with contextlib.suppress(OSError):  # nobody reads
            os.write(self._master, out)


def _table() -> list[int]:
    table = []
    for value in range(256):
        crc = value << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
        table.append(crc)
    return table


_CRC_TABLE = _table()


def _crc16(data: bytes) -> int:
    """Return the bootloader's checksum, computed as it does: byte by byte, with a table."""
    crc = 0
    for value in data:
        crc = (crc << 8 ^ _CRC_TABLE[crc >> 8 ^ value]) & 0xFFFF
    return crc
