"""Where the lines of a sensor go on the board: docs/guides/board.md has the same table."""

from __future__ import annotations

from tinyhost.protocol.self_test import SelfTestCheck

__all__ = ["line_name", "wire"]

_BUS = (("SIOC", "A5"), ("SIOD", "A4"))
_SYNC = (("VSYNC", "D8"), ("HREF", "A1"), ("PCLK", "A0"))
_DATA = (
    ("D0", "D10"), ("D1", "TX"), ("D2", "RX"), ("D3", "D2"), ("D4", "D3"), ("D5", "D5"), ("D6", "D6"), ("D7", "D4"),
)  # fmt: skip
_LINES = {SelfTestCheck.BUS_LINE: _BUS, SelfTestCheck.SYNC_LINE: _SYNC, SelfTestCheck.DATA_LINE: _DATA}


def line_name(check: int, index: int) -> str:
    """Return the camera's name of a line: D5."""
    lines = _LINES[SelfTestCheck(check)]
    return lines[index][0] if index < len(lines) else f"line {index}"


def wire(check: int, index: int) -> str:
    """Return both ends of the camera's wire: camera D5, board D5."""
    lines = _LINES[SelfTestCheck(check)]
    return f"camera {lines[index][0]} to board {lines[index][1]}" if index < len(lines) else f"line {index}"
