"""Nearly valid inputs: seeds, changed in ways that have broken parsers before."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

__all__ = ["mutated"]

_MAX_CHANGES = 5
_MAX_BYTES = 1 << 18
_INFLATED = 0.02
_WORDS = (0, 1, 2, 3, 7, 8, 16, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x1000000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE,
          0xFFFFFFFF, 0x7FC00000, 0x7F800000, 0xFF800000, 0x00000001, 0x4B000000)  # fmt: skip
"""edges of integers; NaN, infinities, the least and a large float32"""
_TOKENS = (
    b"NaN", b"-Infinity", b"inf", b"1e999", b"1e-320", b"-1", b"0", b"0.0", b"1_000", b"9" * 25, "\u0661".encode(),
    b"null", b"true", b"[]", b"{}", b'""', b"[" * 2000, b'{"a":' * 2000, b"'" * 40,
    b"\xef\xbb\xbf", b"\xff\xfe", b"\0", b"\\ud800", b"\xed\xa0\x80", "\u202e".encode(), "\xe9".encode(), b"e\xcc\x81",
    b"\n", b"\r\n", b",", b";", b"\t", b'"', b"=", b"#", b"..", b"/", b"../../x", b"\\", b"%s", b"[red]", b"\x1b[2J",
)  # fmt: skip
_NUMBER = re.compile(rb"-?\d[\d.eE+-]*")


def mutated(random_: random.Random, seeds: Sequence[bytes]) -> bytes:
    """Return one of the seeds after one to five changes; equal generators give equal bytes."""
    data = random_.choice(seeds)
    for _ in range(random_.randint(1, _MAX_CHANGES)):
        data = random_.choice(_CHANGES)(random_, data, seeds)
    return data[:_MAX_BYTES]


def _flip(random_: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    return _overwrite(data, random_.randrange(len(data) or 1), bytes([random_.randrange(256)]))


def _set_word(random_: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    width = random_.choice((1, 2, 4, 4))
    value = random_.choice((*_WORDS, random_.randrange(len(data) + 1), random_.getrandbits(32))) % 256**width
    at = random_.randrange(len(data) or 1) // random_.choice((1, width)) * random_.choice((1, width))
    return _overwrite(data, at, value.to_bytes(width, random_.choice(("little", "little", "big"))))


def _set_number(random_: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    numbers = list(_NUMBER.finditer(data[:4096]))
    if not numbers:
        return _insert(random_, data, seeds)
    number = random_.choice(numbers)
    return data[: number.start()] + random_.choice(_TOKENS) + data[number.end() :]


def _insert(random_: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    at = random_.randrange(len(data) + 1)
    return data[:at] + random_.choice(_TOKENS) + data[at:]


def _delete(random_: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    begin = random_.randrange(len(data) + 1)
    return data[:begin] + data[begin + random_.choice((1, 2, 4, 16, 64, len(data))) :]


def _repeat(random_: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    begin, length = random_.randrange(len(data) + 1), random_.choice((1, 4, 16, 256))
    return data[:begin] + data[begin : begin + length] * random_.randint(2, 5) + data[begin + length :]


def _inflate(random_: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    """Make a piece longer than what readers of lines and fields take, seldom: it is slow."""
    if random_.random() > _INFLATED:
        return _repeat(random_, data, seeds)
    begin = random_.randrange(len(data) + 1)
    piece = data[begin : begin + random_.choice((1, 1, 8))] or b"a"
    return data[:begin] + piece * (_MAX_BYTES * 3 // 4 // len(piece)) + data[begin:]


def _splice(random_: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    other = random_.choice(seeds)
    return data[: random_.randrange(len(data) + 1)] + other[random_.randrange(len(other) + 1) :]


def _swap_line(random_: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    lines, others = data.split(b"\n"), random_.choice(seeds).split(b"\n")
    lines[random_.randrange(len(lines))] = random_.choice(others)
    return b"\n".join(lines)


def _overwrite(data: bytes, at: int, piece: bytes) -> bytes:
    return data[:at] + piece + data[at + len(piece) :]


_CHANGES = (_flip, _set_word, _set_word, _set_number, _insert, _delete, _inflate, _splice, _swap_line)
