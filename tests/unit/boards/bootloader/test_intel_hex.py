"""Intel HEX files: what objcopy writes is read, and whatever else a file holds ends in a FirmwareFileError."""

from __future__ import annotations

import itertools
import random
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tinyhost.boards.bootloader.intel_hex import Segment, parse_intel_hex
from tinyhost.errors import FirmwareFileError

END = b":00000001FF\n"


def record(kind: int, offset: int, data: bytes) -> bytes:
    body = bytes([len(data), offset >> 8, offset & 0xFF, kind]) + data
    return b":" + (body + bytes([-sum(body) & 0xFF])).hex().upper().encode() + b"\n"


def test_a_published_example_is_read() -> None:
    text = b":10010000214601360121470136007EFE09D2190140\n" + END
    data = bytes.fromhex("214601360121470136007EFE09D21901")
    assert parse_intel_hex(text, "x.hex") == [Segment(address=0x100, data=data)]


@pytest.mark.parametrize("n_bytes", [1, 15, 16, 17, 70_000])
def test_what_objcopy_writes_is_read(tmp_path: Path, n_bytes: int) -> None:
    program = random.Random(n_bytes).randbytes(n_bytes)
    (tmp_path / "x.bin").write_bytes(program)
    subprocess.run(
        [
            *("arm-none-eabi-objcopy", "-I", "binary", "-O", "ihex", "--change-addresses", "0x10000"),
            *(str(tmp_path / "x.bin"), str(tmp_path / "x.hex")),
        ],
        check=True,
    )
    text = (tmp_path / "x.hex").read_bytes()
    assert parse_intel_hex(text, "x.hex") == [Segment(address=0x10000, data=program)]
    assert parse_intel_hex(text.replace(b"\r\n", b"\n").lower(), "x.hex")[0].data == program


def test_segments_come_in_order_and_neighbours_are_one() -> None:
    text = record(4, 0, b"\0\1") + record(0, 4, b"bc") + record(0, 0, b"aaaa") + record(0, 16, b"z") + END
    assert parse_intel_hex(text, "x") == [
        Segment(address=0x10000, data=b"aaaabc"),
        Segment(address=0x10010, data=b"z"),
    ]


def test_both_kinds_of_base_addresses_count() -> None:
    text = record(2, 0, b"\x10\0") + record(0, 0, b"a") + record(4, 0, b"\0\2") + record(0, 0, b"b") + END
    assert [segment.address for segment in parse_intel_hex(text, "x")] == [0x10000, 0x20000]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "no end record"),
        (b"\x7fELF\1\1", r"x:1: not an Intel HEX record: '\\x7fELF"),
        (record(0, 0, b"a"), "no end record"),
        (END + record(0, 0, b"a"), "x:2: a record after the end record"),
        (b":0100000061\n" + END, "x:1: 0 data bytes, the record says 1"),
        (b":010000006100\n" + END, "x:1: checksum 00, expected 9E"),
        (b":0100000061\xb29E\n" + END, "not an Intel HEX record"),
        (b":01000000619\n" + END, "not an Intel HEX record"),
        (record(6, 0, b"") + END, "record type 06 is unknown"),
        (record(4, 0, b"\1") + END, "record type 04 with 1 data bytes, expected 2"),
        (record(0, 0, b"ab") + record(0, 1, b"c") + END, "address 0x1 is given twice"),
        (record(0, 0xFFFF, b"ab") + END, "beyond the end"),
    ],
)
def test_a_broken_file_is_refused_with_the_line(text: bytes, message: str) -> None:
    with pytest.raises(FirmwareFileError, match=message) as error:
        parse_intel_hex(text, "x")
    assert error.value.hint


def test_an_endless_file_is_refused() -> None:
    with pytest.raises(FirmwareFileError, match=r"8,388,608 at most"):
        parse_intel_hex(b"\n" * (8 << 20) + END, "x")


records = st.builds(record, st.integers(0, 7), st.integers(0, 0xFFFF), st.binary(max_size=40))
lines = st.one_of(records, st.binary(max_size=50), st.just(END))


@given(st.lists(lines, max_size=12).map(b"".join))
def test_any_bytes_are_read_or_refused(text: bytes) -> None:
    try:
        segments = parse_intel_hex(text, "x")
    except FirmwareFileError:
        return
    assert all(segment.data for segment in segments)
    assert all(a.end < b.address for a, b in itertools.pairwise(segments))


@given(st.binary(min_size=1, max_size=300), st.integers(0, (1 << 32) - 301), st.randoms(use_true_random=False))
def test_bytes_in_any_pieces_come_back(data: bytes, address: int, chance: random.Random) -> None:
    pieces, begin = [], 0
    while begin < len(data):
        at = address + begin
        length = min(chance.randrange(1, 33), 0x10000 - at % 0x10000)
        pieces.append(record(4, 0, (at >> 16).to_bytes(2, "big")) + record(0, at & 0xFFFF, data[begin:][:length]))
        begin += length
    chance.shuffle(pieces)
    found = parse_intel_hex(b"".join(pieces) + END, "x")
    assert found == [Segment(address=address, data=data)]
