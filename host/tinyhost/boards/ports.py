"""Boards by their port alone: a serial port, or the address of one on another computer."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from tinyhost.boards.base import Board, BoardKind, PoweredBoard, PowerElsewhere
from tinyhost.errors import BoardError, ConfigError, UsageError
from tinyhost.link.base import Link
from tinyhost.link.serial import SerialLink

__all__ = ["PortBoard", "check_app", "check_flashable", "check_port_address", "is_port"]

_SCHEMES = ("socket", "rfc2217")
_WINDOWS_PORT = re.compile(r"COM\d+", re.IGNORECASE)


def is_port(spec: str) -> bool:
    """Return whether `--board` names a port instead of a board."""
    return "://" in spec or spec.startswith("/") or _WINDOWS_PORT.fullmatch(spec) is not None


class PortBoard:
    """The board behind a port, identified by its own INFO. It is on; it can neither be flashed nor powered."""

    kind: BoardKind = "port"
    is_virtual = False
    firmware_kind = ""
    has_bootloader = False
    tick_unit = ""
    now_s = staticmethod(time.monotonic)

    def __init__(self, port: str) -> None:
        """Raise UsageError for an invalid address."""
        if "://" in port:
            check_port_address(port)
        self.port = port
        self.name = port

    @contextmanager
    def power(self, *, scene: str | None = None, hold_s: float = 0.0, keep_on: bool = False) -> Iterator[PoweredBoard]:
        """Yield the board; see base.Board."""
        del hold_s, keep_on
        if scene is not None:
            raise ConfigError(
                f"{self.name}: a scene cannot be played through a port",
                hint="give --scene to the command that keeps the board on: tinyhost board serve --scene",
            )
        yield _PortPower(self)


class _PortPower(PowerElsewhere):
    """A board that is powered elsewhere."""

    def __init__(self, board: PortBoard) -> None:
        self.board = board
        self.port = board.port

    def open_link(self) -> Link:
        """Return a new link."""
        return SerialLink(self.port, self.board.name)

    def reset(self) -> None:
        """Raise BoardError: only bytes get through a port."""
        raise BoardError(
            f"{self.board.name}: power cannot be switched through a port", hint="tinyhost reset asks the firmware"
        )


def check_flashable(board: Board) -> None:
    """Raise UsageError for a board whose firmware cannot be replaced from here, before it is built."""
    if not board.firmware_kind:
        raise UsageError(
            f"{board.name}: firmware cannot be put on a board through a port: the bootloader needs the board's USB",
            hint=getattr(board, "flash_hint", "run tinyhost flash on the computer that has the board"),
        )


def check_app(board: Board, app: str, wanted: str) -> None:
    """Raise BoardError for a board that runs another app than is wanted, and cannot be flashed from here."""
    if app != wanted:
        hint = getattr(board, "flash_hint", f"tinyhost flash {wanted} --board {board.name}")
        raise BoardError(f"{board.name}: runs the app {app}, expected {wanted}", hint=hint)


def check_port_address(address: str) -> None:
    """Raise UsageError for an invalid address of a port."""
    try:
        parts = urlsplit(address)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        scheme, host, port = "", None, None
    if scheme not in _SCHEMES or not host or not port or parts.path not in ("", "/"):
        raise UsageError(
            f"{address!r} is not the address of a port", hint="expected socket://HOST:PORT or rfc2217://HOST:PORT"
        )
