"""Programs for the Nano 33 BLE: those that cannot run there are rejected before any board is contacted."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tinyhost.boards.bootloader import PROGRAM_BYTES, load_program
from tinyhost.boards.bootloader.program import parse_program
from tinyhost.boards.build import prebuilt_firmware
from tinyhost.errors import FirmwareFileError

from tests.boards.upload_cases import make_program
from tests.unit.boards.bootloader.test_intel_hex import END, record

BIN, HEX = Path("firmware.bin"), Path("firmware.hex")
ROOT = Path(__file__).resolve().parents[4]


def as_hex(program: bytes, address: int = 0x10000) -> bytes:
    lines = []
    for begin in range(0, len(program), 16):
        at = address + begin
        lines.append(record(4, 0, (at >> 16).to_bytes(2, "big")) + record(0, at & 0xFFFF, program[begin : begin + 16]))
    return b"".join(lines) + END


def with_vectors(*words: int) -> bytes:
    program = make_program(1, 5000)
    return struct.pack(f"<{len(words)}I", *words) + program[4 * len(words) :]


def test_bin_and_hex_are_the_same_program(tmp_path: Path) -> None:
    program = make_program(3, 5001)
    (tmp_path / "a.bin").write_bytes(program)
    (tmp_path / "a.HEX").write_bytes(as_hex(program))
    from_bin, from_hex = load_program(tmp_path / "a.bin"), load_program(tmp_path / "a.HEX")
    assert from_bin.data == from_hex.data == program
    assert from_bin.build_id == from_hex.build_id == program[79:95].decode()
    assert b"".join(from_bin.pages()) == program.ljust(2 * 4096, b"\xff")
    firmware = prebuilt_firmware(tmp_path / "a.bin", "vww", "nano33ble")
    assert (firmware.build_id, firmware.text_bytes) == (from_bin.build_id, 5001)


def test_a_gap_in_a_hex_file_is_erased_flash() -> None:
    program = make_program(3, 200)
    text = as_hex(program)[: -len(END)] + as_hex(b"end", 0x10000 + 300)
    assert parse_program(text, HEX).data == program + b"\xff" * 100 + b"end"


def test_room_is_what_the_firmware_leaves_below_its_slots() -> None:
    assert f"board_upload.maximum_size = {PROGRAM_BYTES}" in (ROOT / "platformio.ini").read_text()
    assert f"0x10000 + {PROGRAM_BYTES}" in (ROOT / "firmware" / "boards" / "nano33ble" / "flash.cpp").read_text()
    assert len(parse_program(make_program(1, PROGRAM_BYTES), BIN).pages()) == 72


@pytest.mark.parametrize(
    ("content", "path", "message"),
    [
        (make_program(1, PROGRAM_BYTES + 1), BIN, "at least 294,913 bytes.*the model slots begin after 294,912"),
        (as_hex(make_program(1, 200), 0x10000 + PROGRAM_BYTES - 199), HEX, "294,913 bytes"),
        (as_hex(make_program(1, 500), 0), HEX, "has data at 0x0, where the bootloader is"),
        (END, HEX, "holds no data"),
        (b"", BIN, "0 bytes are too few"),
        (b"MZ" * 500, BIN, "not a program for the nRF52840: its stack would begin at 0x5A4D5A4D"),
        (with_vectors(0x2004_0004), BIN, "stack would begin at 0x20040004"),
        (with_vectors(0x2004_0000, 0x101), BIN, "not linked for 0x10000: its reset handler is at 0x00000101"),
        (with_vectors(0x2004_0000, 0x26101), BIN, "reset handler is at 0x00026101, outside of 0x10000 to 0x11388"),
        (with_vectors(0x2004_0000, 0x10101, 0x10101, 0xFFFFFFFF), BIN, "hard fault handler is at 0xFFFFFFFF"),
        (with_vectors(0x2004_0000, 0x10100), BIN, "reset handler at 0x00010100 is not Thumb code"),
        (make_program(1, 5000).replace(b"tinyhost-build:", b"somebody-built:"), BIN, "has no build id"),
    ],
)
def test_what_cannot_run_is_refused(content: bytes, path: Path, message: str) -> None:
    with pytest.raises(FirmwareFileError, match=message) as error:
        parse_program(content, path)
    assert error.value.hint


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FirmwareFileError, match=r"takes a \.bin or a \.hex file"):
        load_program(tmp_path / "firmware.elf")
    with pytest.raises(FirmwareFileError, match="No such file"):
        load_program(tmp_path / "firmware.bin")
    (tmp_path / "large.bin").write_bytes(bytes(4_000_000))
    with pytest.raises(FirmwareFileError, match="at least 4,000,000 bytes"):
        load_program(tmp_path / "large.bin")


@given(st.binary(max_size=2000), st.sampled_from([BIN, HEX]))
def test_any_bytes_are_a_program_or_refused(content: bytes, path: Path) -> None:
    try:
        image = parse_program(content, path)
    except FirmwareFileError:
        return
    assert len(image.build_id) == 16


@given(st.integers(0, 199), st.integers(0, 255))
def test_a_program_with_one_wrong_byte_is_a_program_or_refused(at: int, value: int) -> None:
    program = bytearray(make_program(1, 200))
    program[at] = value
    try:
        image = parse_program(bytes(program), BIN)
    except FirmwareFileError:
        return
    assert image.data == program
