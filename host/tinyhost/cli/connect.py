"""A device for the length of a command: the board resolved, powered and greeted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tinyhost.cli.output import note, status_console

if TYPE_CHECKING:
    from tinyhost.boards.base import Board, BoardStatus, PoweredBoard
    from tinyhost.device import Device
    from tinyhost.protocol.frames import LogText

__all__ = ["Connection", "asked", "chosen_board", "connected", "show_log"]


@dataclass(frozen=True, kw_only=True)
class Connection:
    """A device, its board, and the requested scene."""

    device: Device
    board: PoweredBoard
    scene: str

    @property
    def board_name(self) -> str:
        """The board's name, as `--board` takes it."""
        return self.board.board.name


@contextmanager
def connected(
    board: str | None,
    scene: str | None,
    state: Path | None,
    *,
    log: Callable[[LogText], None] | None = None,
    hold_s: float = 0.0,
) -> Iterator[Connection]:
    """Yield the device on `board`; if the board was chosen by itself, say which on stderr.

    hold_s: how long a virtual camera shows each picture of the scene at least.
    """
    from tinyhost.boards.remote.board import held
    from tinyhost.device import Device

    target = chosen_board(board, scene, state)
    with (
        held(target),
        target.power(scene=scene, hold_s=hold_s) as powered,
        Device.open(powered, log=log or show_log) as device,
    ):
        yield Connection(device=device, board=powered, scene=scene or "")


def chosen_board(board: str | None, scene: str | None, state: Path | None) -> Board:
    """Return the board; say on stderr which it is, if it was chosen by itself, and what to know of the scene."""
    import logging

    from tinyhost.boards import resolve
    from tinyhost.boards.scenes import remarks_on

    target = resolve(board, state=state)
    logging.getLogger(__name__).debug("board %s, scene %s", target.name, scene)
    if board is None:
        status_console().print(f"board: {target.name}", style="dim")
    for remark in remarks_on(scene) if scene is not None else ():
        note(f"scene {scene}: {remark}")
    return target


def asked(status: BoardStatus, state: Path | None = None) -> BoardStatus:
    """Return the status of a board, completed by the board's own information."""
    from tinyhost.device.query import query_board

    with status_console().status(f"asking {status.name}"):
        return query_board(status, state, show_log)


def show_log(line: LogText) -> None:
    """Print a log message of the device on stderr; what it says before a host greets it is left out."""
    import logging

    logging.getLogger(__name__).debug("device: %s", line.text.rstrip())
    if line.level is None:
        return
    from rich.text import Text

    status_console().print(Text(f"device: {line.text.rstrip()}", style="dim"), soft_wrap=True)
