"""CBOR (RFC 8949) into Python values, as far as samples of sensors need it; typed arrays (RFC 8746) become lists."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from tinyhost.errors import DatasetError

__all__ = ["parse_cbor"]

_MAX_DEPTH = 32
_BREAK = object()
"""ends a list or a map without a length"""
_SIMPLE = {20: False, 21: True, 22: None, 23: None}
_FLOATS = {25: ("e", 2), 26: ("f", 4), 27: ("d", 8)}
_TYPED_ARRAYS = {
    64: "u1", 65: ">u2", 66: ">u4", 69: "<u2", 70: "<u4", 72: "i1", 73: ">i2", 74: ">i4", 77: "<i2", 78: "<i4",
    80: ">f2", 81: ">f4", 82: ">f8", 84: "<f2", 85: "<f4", 86: "<f8",
}  # fmt: skip


def parse_cbor(content: bytes, where: str, *, hint: str) -> Any:
    """Return the one item that the bytes hold; `where` and hint are for errors.

    Raises DatasetError for bytes that are no CBOR, more than one item, keys that are no text, and more than 32 levels.
    """
    decoder = _Decoder(content, where, hint)
    value = decoder.item(0)
    if value is _BREAK or decoder.at != len(content):
        raise decoder.bad("more than one item" if value is not _BREAK else "an end without a beginning")
    return value


class _Decoder:
    """Reads consecutive items."""

    def __init__(self, content: bytes, where: str, hint: str) -> None:
        self.at = 0
        self._content = content
        self._where = where
        self._hint = hint

    def bad(self, why: str) -> DatasetError:
        """Return the error at this place."""
        return DatasetError(f"{self._where}: not CBOR: {why} at byte {self.at:,}", hint=self._hint)

    def item(self, depth: int) -> Any:
        """Return the next item; _BREAK for the end of a list or a map without a length."""
        if depth > _MAX_DEPTH:
            raise self.bad(f"more than {_MAX_DEPTH} levels")
        first = self._take(1)[0]
        major, info = first >> 5, first & 31
        if major == 7:
            return self._simple(info)
        if info == 31 and major in (2, 3, 4, 5):
            return self._open(major, depth)
        return self._sized(major, self._length(info), depth)

    def _sized(self, major: int, length: int, depth: int) -> Any:
        """Return a whole number, or what has a length."""
        value: Any = length if major == 0 else -1 - length
        if major in (2, 3):
            value = self._take(length) if major == 2 else self._text(self._take(length))
        elif major == 4:
            self._check_room(length)
            value = [self._inner(depth) for _ in range(length)]
        elif major == 5:
            self._check_room(2 * length)
            value = {self._key(self._inner(depth)): self._inner(depth) for _ in range(length)}
        elif major == 6:
            value = self._tagged(length, self._inner(depth))
        return value

    def _open(self, major: int, depth: int) -> Any:
        """Return text, bytes, a list or a map whose length is not told."""
        items = []
        while (value := self.item(depth + 1)) is not _BREAK:
            items.append(value)
        if major == 4:
            return items
        if major == 5:
            if len(items) % 2:
                raise self.bad("a key without a value")
            return {self._key(key): value for key, value in zip(items[::2], items[1::2], strict=True)}
        kind = bytes if major == 2 else str
        if not all(isinstance(item, kind) for item in items):
            raise self.bad(f"a piece that is no {kind.__name__}")
        return b"".join(items) if major == 2 else "".join(items)

    def _simple(self, info: int) -> Any:
        if info in _FLOATS:
            code, size = _FLOATS[info]
            return struct.unpack(f">{code}", self._take(size))[0]
        if info == 31:
            return _BREAK
        if info not in _SIMPLE:
            raise self.bad(f"an unknown simple value, {info},")
        return _SIMPLE[info]

    def _tagged(self, tag: int, value: Any) -> Any:
        """Return a typed array as a list; all other tags say nothing that matters here."""
        if tag not in _TYPED_ARRAYS:
            return value
        kind = np.dtype(_TYPED_ARRAYS[tag])
        if not isinstance(value, bytes) or len(value) % kind.itemsize:
            raise self.bad("a typed array of no bytes, or of half a value,")
        return np.frombuffer(value, kind).tolist()

    def _inner(self, depth: int) -> Any:
        value = self.item(depth + 1)
        if value is _BREAK:
            raise self.bad("an end without a beginning")
        return value

    def _key(self, value: Any) -> str:
        if not isinstance(value, str):
            raise self.bad("a key that is no text")
        return value

    def _length(self, info: int) -> int:
        if info < 24:
            return info
        if info > 27:
            raise self.bad(f"an unknown length, {info},")
        return int.from_bytes(self._take(1 << (info - 24)), "big")

    def _take(self, n_bytes: int) -> bytes:
        self._check_room(n_bytes)
        taken = self._content[self.at : self.at + n_bytes]
        self.at += n_bytes
        return taken

    def _check_room(self, n_bytes: int) -> None:
        """Raise if fewer bytes follow; every item has at least one."""
        if n_bytes > len(self._content) - self.at:
            raise self.bad(f"{n_bytes:,} bytes expected, {len(self._content) - self.at:,} left")

    def _text(self, content: bytes) -> str:
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError as exc:
            raise self.bad("text that is no UTF-8") from exc
