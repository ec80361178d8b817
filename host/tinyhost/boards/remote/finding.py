"""From an address to the board of another machine."""

from __future__ import annotations

from tinyhost.boards.base import Board
from tinyhost.boards.remote.addresses import parse_ssh
from tinyhost.boards.remote.jumpstarter import JumpstarterBoard
from tinyhost.boards.remote.labgrid import LabgridBoard
from tinyhost.boards.remote.ssh_board import SshBoard

__all__ = ["remote_board"]


def remote_board(spec: str) -> Board:
    """Return the board of an address (addresses.is_remote), not contacted yet. Raises UsageError."""
    if spec.startswith("ssh:"):
        return SshBoard(parse_ssh(spec), spec)
    return LabgridBoard(spec) if spec.startswith("labgrid:") else JumpstarterBoard(spec)
