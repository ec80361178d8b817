"""What the boards of other machines have beyond a board's contract."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from tinyhost.boards.base import Board

if TYPE_CHECKING:
    from tinyhost.boards.bootloader import UploadResult
    from tinyhost.boards.build import Firmware

__all__ = ["RemoteBoard", "held"]


class RemoteBoard(ABC):
    """A board of another machine, which has to put firmware on it."""

    name: str
    flash_hint = "run tinyhost flash on the computer that has the board"
    """what makes it possible to flash the board, where it is not"""

    def held(self) -> AbstractContextManager[None]:
        """Return a block in which nobody else gets the board."""
        return nullcontext()

    @abstractmethod
    def check_free(self) -> None:
        """Raise BoardError or PortBusyError if another program uses the board."""

    @abstractmethod
    def flash(
        self, firmware: Firmware, progress: Callable[[str], None], ask: Callable[[str], None] | None
    ) -> UploadResult | None:
        """Have the other machine put a program on the board; see flash.flash_firmware."""


def held(board: Board) -> AbstractContextManager[None]:
    """Return a block in which a board of a lab stays ours between its uses. Raises as LabgridBoard.held."""
    return board.held() if isinstance(board, RemoteBoard) else nullcontext()
