"""Replies taken apart, with an error that says who sent what."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TypeVar

from tinyhost.errors import ProtocolError

__all__ = ["unpacked", "unpacked_list"]

T = TypeVar("T")


def unpacked(unpack: Callable[[bytes], T], data: bytes, where: str) -> T:
    """Return the struct that `data` opens with; raises ProtocolError if it is too short."""
    try:
        return unpack(data)
    except struct.error as exc:
        kind = getattr(unpack, "__self__", None)
        expected = f"expected a {kind.__name__} of {kind.SIZE} bytes" if kind else "expected more"
        raise ProtocolError(
            f"{where}: a reply is cut off: {expected}, got {len(data)}",
            hint="flash the board with this version of tinyhost: tinyhost flash vww",
        ) from exc


def unpacked_list(unpack: Callable[[bytes], T], size_bytes: int, data: bytes, where: str) -> list[T]:
    """Return all the structs of `size_bytes` that `data` consists of."""
    return [unpacked(unpack, data[start : start + size_bytes], where) for start in range(0, len(data), size_bytes)]
