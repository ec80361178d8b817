"""The types of virtual boards, each a record of its differences. No other code asks which kind a board is."""

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
    """A type of virtual board, as named by `--board`."""

    name: str
    kind: BoardKind
    firmware_kind: str
    """the `kind` that build_firmware takes"""
    command: Callable[[BoardFolder], list[str]]
    """returns the command that runs it; raises MissingToolError, BuildError"""
    wiring: type[Wiring]
    clock: Callable[[Path], Callable[[], float]] = lambda folder: time.monotonic
    """returns the board's time in s, with an arbitrary origin"""
    tick_unit: str = ""
    """unit of its ticks, if the firmware cannot know it; else empty"""
    has_bootloader: bool = False
    """whether its program is uploaded over USB, as a Nano's is; else it is a file in its folder"""
    names_captures: bool = True
    """whether each capture of its camera is one request to the scene, so that captures identify pictures"""


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
