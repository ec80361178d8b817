"""Boards: find, build for, flash, power and open them. `resolve` is the way in."""

from __future__ import annotations

from tinyhost.boards.base import Board, BoardKind, BoardsDocument, BoardStatus, PoweredBoard
from tinyhost.boards.registry import list_boards, resolve

__all__ = [
    "Board",
    "BoardKind",
    "BoardStatus",
    "BoardsDocument",
    "PoweredBoard",
    "list_boards",
    "resolve",
]
