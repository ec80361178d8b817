"""The contract of boards on other machines, beyond that of a board."""

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
    """A board of another machine, which flashes it."""

    name: str
    flash_hint = "run tinyhost flash on the computer that has the board"
    """how to enable flashing, where it is not possible"""

    def held(self) -> AbstractContextManager[None]:
        """Return a context in which the board is reserved."""
        return nullcontext()

    @abstractmethod
    def check_free(self) -> None:
        """Raise BoardError or PortBusyError if another program uses the board."""

    @abstractmethod
    def flash(
        self, firmware: Firmware, progress: Callable[[str], None], ask: Callable[[str], None] | None
    ) -> UploadResult | None:
        """Have the other machine flash the board; see flash.flash_firmware."""


def held(board: Board) -> AbstractContextManager[None]:
    """Return a context in which a board of a lab stays reserved between its uses. Raises as LabgridBoard.held."""
    return board.held() if isinstance(board, RemoteBoard) else nullcontext()
