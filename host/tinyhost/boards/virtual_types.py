"""The virtual boards that there are, each a record of what is its own. No other code asks which kind a board is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tinyhost.boards.base import BoardKind
from tinyhost.boards.emulated_time import EmulatedTime
from tinyhost.boards.emulator import emulator_command
from tinyhost.boards.process import native_command, qemu_command
from tinyhost.boards.state import BoardFolder
from tinyhost.boards.wiring import FedWiring, PtyWiring, UsbWiring, Wiring

__all__ = ["VIRTUAL_BOARD_TYPES", "VirtualBoardType", "virtual_board_type"]


@dataclass(frozen=True, kw_only=True)
class VirtualBoardType:
    """A virtual board, as `--board` names it."""

    name: str
    kind: BoardKind
    firmware_kind: str
    """what build_firmware calls its firmware"""
    command: Callable[[BoardFolder], list[str]]
    """gives what runs it; raises MissingToolError, BuildError"""
    wiring: type[Wiring]
    clock: Callable[[Path], Callable[[], float]] = lambda folder: time.monotonic
    """gives the board's time in s, from any moment on"""
    tick_unit: str = ""
    """what its ticks are, if the firmware cannot know; else empty"""
    has_bootloader: bool = False
    """its program is put there over USB, as a Nano's is; else it is a file in its folder"""
    names_captures: bool = True
    """each capture of its camera is one request to the scene, so that pictures can be told by captures"""


def _nano33emu(name: str, revision: int) -> VirtualBoardType:
    return VirtualBoardType(
        name=name,
        kind="nano33emu",
        firmware_kind="nano33ble",
        command=lambda folder: emulator_command(folder, revision),
        wiring=UsbWiring,
        clock=EmulatedTime,
        tick_unit="estimated cycles",
        has_bootloader=True,
        names_captures=False,
    )


VIRTUAL_BOARD_TYPES = (
    VirtualBoardType(name="native", kind="native", firmware_kind="native", command=native_command, wiring=PtyWiring),
    VirtualBoardType(name="m4", kind="m4", firmware_kind="m4", command=qemu_command, wiring=FedWiring),
    _nano33emu("nano33emu", 1),
    _nano33emu("nano33emu:rev2", 2),
)


def virtual_board_type(name: str) -> VirtualBoardType | None:
    """Return the virtual board of that name; None if there is none."""
    return next((record for record in VIRTUAL_BOARD_TYPES if record.name == name), None)
