"""Parsing of replies, with errors that name the sender."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar

from tinyhost.errors import ProtocolError

if TYPE_CHECKING:
    from tinyhost.boards.base import Board
    from tinyhost.protocol.messages import InfoReply

__all__ = ["as_board_knows", "unpacked", "unpacked_list"]


class _Layout(Protocol):
    """A struct of the protocol, as the generated modules have them."""

    SIZE: ClassVar[int]

    @classmethod
    def unpack(cls: type[T], data: bytes, offset: int = 0) -> T: ...


T = TypeVar("T", bound=_Layout)


def unpacked(layout: type[T], data: bytes, where: str) -> T:
    """Return the struct at the start of `data`; raises ProtocolError if it is too short."""
    try:
        return layout.unpack(data)
    except struct.error as exc:
        raise ProtocolError(
            f"{where}: a reply is cut off: expected a {layout.__name__} of {layout.SIZE} bytes, got {len(data)}",
            hint="flash the board with this version of tinyhost: tinyhost flash vww",
        ) from exc


def unpacked_list(layout: type[T], data: bytes, where: str) -> list[T]:
    """Return all the structs that `data` consists of."""
    size = layout.SIZE
    return [unpacked(layout, data[start : start + size], where) for start in range(0, len(data), size)]


def as_board_knows(info: InfoReply, board: Board) -> InfoReply:
    """Return the firmware's INFO, corrected for an emulated chip, which the firmware cannot detect."""
    kind = board.kind if info.board == board.firmware_kind else info.board
    return replace(info, board=kind, tick_unit=board.tick_unit or info.tick_unit)
