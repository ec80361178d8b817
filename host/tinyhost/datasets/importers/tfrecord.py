"""TFRecord files of tf.train.Example, without TensorFlow.

A record: its length as a little-endian uint64, the masked CRC-32C of that, the content, the masked CRC-32C of the
content. The length's is checked: it is what leads from one record to the next. Source: tensorflow/core/lib/io.
An Example is a protocol buffer, {1: {1: {1: name, 2: {1: bytes, 2: floats, 3: integers}}}}.
Source: tensorflow/core/example/example.proto, feature.proto.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.errors import DatasetError
from tinyhost.system.reading import open_file

__all__ = ["Feature", "crc32c_masked", "parse_example", "read_record", "record_places"]

_MAX_FILE_BYTES = 1 << 36
_MAX_RECORD_BYTES = 1 << 28
_HEAD = struct.Struct("<QI")
_MAX_VALUES = 1 << 26
_HINT = "the file is damaged, or none of TensorFlow's; get it again"

Feature = list[bytes] | NDArray[np.int64] | NDArray[np.float32]


def record_places(path: Path) -> Iterator[tuple[int, int]]:
    """Yield where the content of each record begins and how long it is. Raises DatasetError, with the byte."""
    with open_file(path, max_bytes=_MAX_FILE_BYTES) as file:
        size, at = file.seek(0, 2), 0
        while at < size:
            file.seek(at)
            head = file.read(_HEAD.size)
            if len(head) < _HEAD.size:
                raise DatasetError(f"{path}: cut short: a record begins at byte {at:,}", hint=_HINT)
            n_bytes, checksum = _HEAD.unpack(head)
            if crc32c_masked(head[:8]) != checksum:
                raise DatasetError(f"{path}: byte {at:,}: expected the checksum of a record's length", hint=_HINT)
            if n_bytes > _MAX_RECORD_BYTES or at + _HEAD.size + n_bytes + 4 > size:
                got = f"{path}: byte {at:,}: a record of {n_bytes:,} bytes"
                raise DatasetError(f"{got}, of which {size - at - _HEAD.size:,} are there", hint=_HINT)
            yield at + _HEAD.size, n_bytes
            at += _HEAD.size + n_bytes + 4


def read_record(path: Path, place: tuple[int, int]) -> bytes:
    """Return the content of a record. Raises DatasetError if the file has changed."""
    begin, n_bytes = place
    with open_file(path, max_bytes=_MAX_FILE_BYTES) as file:
        file.seek(begin)
        content = file.read(n_bytes)
    if len(content) != n_bytes:
        raise DatasetError(f"{path}: cut short at byte {begin + len(content):,}", hint=_HINT)
    return content


@cache
def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return tuple(table)


def crc32c_masked(content: bytes) -> int:
    """Return a checksum as TFRecord has it: CRC-32C (Castagnoli), turned right by 15 bits, plus a constant."""
    crc, table = 0xFFFFFFFF, _crc_table()
    for byte in content:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def parse_example(content: bytes, where: str) -> dict[str, Feature]:
    """Return the features of an Example by name. Raises DatasetError, which names `where`, if it is none."""
    try:
        view = memoryview(content)
        return dict(_named_feature(entry) for features in _fields(view, 1) for entry in _fields(features, 1))
    except (ValueError, UnicodeDecodeError) as exc:
        raise DatasetError(f"{where}: expected a tf.train.Example: {exc}", hint=_HINT) from exc


def _named_feature(entry: memoryview) -> tuple[str, Feature]:
    name = b"".join(bytes(item) for item in _fields(entry, 1)).decode("utf-8")
    feature: Feature = []
    for value in _fields(entry, 2):
        for kind, inner in _all_fields(value):
            if kind == 1:
                feature = [bytes(item) for item in _fields(inner, 1)]
            elif kind == 2:
                raw = b"".join(bytes(item) for item in _fields(inner, 1, fixed_bytes=4))
                feature = np.frombuffer(raw[: len(raw) // 4 * 4], "<f4").copy()
            elif kind == 3:
                feature = _integers(b"".join(bytes(item) for item in _fields(inner, 1, varints=True)))
    return name, feature


def _fields(view: memoryview, wanted: int, *, fixed_bytes: int = 0, varints: bool = False) -> Iterator[memoryview]:
    return (body for number, body in _all_fields(view, fixed_bytes=fixed_bytes, varints=varints) if number == wanted)


def _all_fields(view: memoryview, *, fixed_bytes: int = 0, varints: bool = False) -> Iterator[tuple[int, memoryview]]:
    """Yield number and content of each field; numbers that stand alone are given as their bytes if they are wanted."""
    at = 0
    while at < len(view):
        key, at = _varint(view, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            begin = at
            _, at = _varint(view, at)
            if varints:
                yield number, view[begin:at]
            continue
        if wire == 2:
            n_bytes, at = _varint(view, at)
        elif wire in (1, 5):
            n_bytes = 8 if wire == 1 else 4
        else:
            raise ValueError(f"wire type {wire} at byte {at}")
        if at + n_bytes > len(view):
            raise ValueError(f"a field of {n_bytes:,} bytes at byte {at}, and {len(view) - at:,} are left")
        if wire == 2 or n_bytes == fixed_bytes:
            yield number, view[at : at + n_bytes]
        at += n_bytes


def _varint(view: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(view):
            raise ValueError("it ends within a number")
        byte = view[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError(f"a number of more than 10 bytes at byte {at - 10}")


def _integers(packed: bytes) -> NDArray[np.int64]:
    """Return the numbers of a packed field, all at once: a second of sound has 16,000."""
    raw = np.frombuffer(packed, np.uint8)
    last = np.flatnonzero(raw < 0x80)
    if len(last) > _MAX_VALUES or (len(raw) and (not len(last) or last[-1] != len(raw) - 1)):
        raise ValueError("it ends within a number, or has too many")
    first = np.r_[0, last[:-1] + 1] if len(last) else last
    if len(last) and int((last - first).max()) > 9:
        raise ValueError("a number of more than 10 bytes")
    values = np.zeros(len(last), np.uint64)
    for byte in range(10):
        at = first + byte
        more = at <= last
        values[more] |= (raw[at[more]].astype(np.uint64) & np.uint64(0x7F)) << np.uint64(7 * byte)
    return values.view(np.int64)
