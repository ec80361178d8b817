"""What a board is: something that can be powered and then opened as a link."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

from tinyhost.errors import TinyhostError
from tinyhost.link.base import Link
from tinyhost.protocol.faults import FaultRecord

__all__ = ["Board", "BoardKind", "BoardStatus", "BoardsDocument", "PoweredBoard"]

BoardKind = Literal["native", "m4", "nano33emu", "nano33ble", "port"]


class PoweredBoard(Protocol):
    """A board that is on."""

    @property
    def board(self) -> Board:
        """Which board it is."""

    @property
    def port(self) -> str:
        """Serial port or pty. A real board's may change when it resets, so read it again."""

    @property
    def stays_on(self) -> bool:
        """Whether it is on when this process has ended; if not, it forgets what is not in its flash."""

    @property
    def failure(self) -> str:
        """Why the firmware does not run any more; "" if it does, or nobody knows."""

    @property
    def scene_name(self) -> str:
        """What the camera saw last, e.g. the picture's file name; "" if nobody knows."""

    def scene_item(self, capture: int) -> str:
        """Return what the camera saw in a capture, counted since the board's start; "" if nobody knows."""

    @property
    def scene_failure(self) -> TinyhostError | None:
        """Why the scene cannot be shown any more, so that the board has no camera; None if it can, or nobody knows."""

    def open_link(self) -> Link:
        """Return a new link, held exclusively.

        Raises PortBusyError, LinkLostError; BoardError if the firmware has died.
        """

    def reset(self) -> None:
        """Restart the firmware.

        A virtual board gets a power cut: killed at once, then started again with the same flash.
        Raises BoardError where the host has no way to.
        """

    def close(self) -> None:
        """Switch the board off, if it was switched on here."""


class Board(Protocol):
    """A board that can be powered, or is."""

    @property
    def kind(self) -> BoardKind:
        """What type of board it is."""

    @property
    def name(self) -> str:
        """native, m4, nano33emu, nano33emu:rev2, nano33ble:SERIAL, or a port as it was given."""

    @property
    def is_virtual(self) -> bool:
        """True if it needs no hardware."""

    @property
    def firmware_kind(self) -> str:
        """What build_firmware calls its firmware: native, m4 or nano33ble; empty if it cannot be flashed from here."""

    @property
    def has_bootloader(self) -> bool:
        """True if its program is put there over USB by its bootloader, as the Nano's is, emulated or not."""

    @property
    def tick_unit(self) -> str:
        """What its ticks are, if its firmware cannot know, as that of an emulated chip; else empty."""

    def now_s(self) -> float:
        """Return the board's time in s, from any moment on: an emulated board's may pass more slowly than ours."""

    def power(
        self, *, scene: str | None = None, hold_s: float = 0.0, keep_on: bool = False
    ) -> AbstractContextManager[PoweredBoard]:
        """Return the powered board, which is off again at the end of the `with`.

        scene: what the camera sees (scenes.open_scene); virtual boards only. hold_s: how long one picture stays.
        keep_on: other processes may use the board meanwhile. Raises BoardError, ConfigError, MissingToolError.
        """


@dataclass(frozen=True, kw_only=True)
class BoardStatus:
    """One line of `tinyhost boards`."""

    name: str
    """the name for `--board`"""
    kind: BoardKind
    is_virtual: bool
    state: str
    """virtual: `ready`, `running`, `failed`, `no firmware`, `damaged`; real: `ready`, `bootloader`, `busy` (another
    program has the port), `silent` (does not answer), `other firmware`"""
    port: str = ""
    """serial port or pty; empty while a virtual board is off"""
    pid: int = 0
    """id of the process that keeps a virtual board on; 0 while it is off"""
    app: str = ""
    """empty if it is not known"""
    build_id: str = ""
    """empty if it is not known"""
    model: str = ""
    """name of the active model; empty unless it is a real board that was asked"""
    revision: str = ""
    """hardware revision; empty unless it is a real board that was asked"""
    serial: str = ""
    """serial number on USB, the same in the app and in the bootloader; empty for virtual boards"""
    usb_id: str = ""
    """vendor and product, `2341:805a`; empty for virtual boards"""
    detail: str = ""
    """details for people: problems, USB names, the scene"""
    fault: FaultRecord | None = None
    """what stopped the firmware since power-on; null unless it is a real board that was asked"""


@dataclass(frozen=True, kw_only=True)
class BoardsDocument:
    """`tinyhost boards --json FILE`. With `--no-ask` no port is opened."""

    schema: Literal["tinyhost.boards/1"] = "tinyhost.boards/1"
    boards: tuple[BoardStatus, ...]
    """real boards that are plugged in, then the virtual ones"""
