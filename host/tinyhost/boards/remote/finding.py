"""From an address to the board of another machine."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from tinyhost.boards.base import Board
from tinyhost.boards.remote.addresses import parse_ssh
from tinyhost.boards.remote.board import RemoteBoard
from tinyhost.boards.remote.jumpstarter import JumpstarterBoard
from tinyhost.boards.remote.labgrid import LabgridBoard
from tinyhost.boards.remote.ssh_board import SshBoard

__all__ = ["held", "remote_board"]


def remote_board(spec: str) -> Board:
    """Return the board of an address (addresses.is_remote). Raises UsageError; nothing is asked for yet."""
    if spec.startswith("ssh:"):
        return SshBoard(parse_ssh(spec), spec)
    return LabgridBoard(spec) if spec.startswith("labgrid:") else JumpstarterBoard(spec)


def held(board: Board) -> AbstractContextManager[None]:
    """Return a block in which a board of a lab stays ours between its uses. Raises as LabgridBoard.held."""
    return board.held() if isinstance(board, RemoteBoard) else nullcontext()
