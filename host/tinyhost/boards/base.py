"""The contracts of a board: it can be powered, and then opened as a link."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

from tinyhost.errors import TinyhostError
from tinyhost.link.base import Link
from tinyhost.protocol.faults import FaultRecord

__all__ = ["Board", "BoardKind", "BoardStatus", "BoardsDocument", "PowerElsewhere", "PoweredBoard"]

BoardKind = Literal["native", "m4", "nano33emu", "nano33ble", "port"]


class PoweredBoard(Protocol):
    """A powered board."""

    @property
    def board(self) -> Board:
        """Which board it is."""

    @property
    def port(self) -> str:
        """Serial port or pty. A real board's may change when it resets, so read it again."""

    @property
    def stays_on(self) -> bool:
        """Whether it stays on when this process ends; otherwise it loses everything that is not in its flash."""

    @property
    def failure(self) -> str:
        """Why the firmware stopped running; "" if it runs, or if that is not known."""

    @property
    def scene_name(self) -> str:
        """The name of the last item before the camera, e.g. a picture's file name; "" if not known."""

    def scene_item(self, capture: int) -> str:
        """Return the name of the item before the camera in a capture, counted since the start; "" if not known."""

    @property
    def scene_failure(self) -> TinyhostError | None:
        """Why the scene failed, so that the board has no camera; None if it plays, or if that is not known."""

    def open_link(self) -> Link:
        """Return a new link, held exclusively.

        Raises PortBusyError, LinkLostError; BoardError if the firmware has died.
        """

    def reset(self) -> None:
        """Restart the firmware.

        A virtual board gets a power cut: killed at once, then started again with the same flash.
        Raises BoardError if the host cannot do it.
        """

    def close(self) -> None:
        """Switch the board off, if it was switched on here."""


class PowerElsewhere:
    """The part of PoweredBoard of boards that others power, and whose sensors' input is not known here."""

    stays_on = True
    failure = ""
    scene_name = ""
    scene_failure = None

    def scene_item(self, capture: int) -> str:
        """Return "", since the item is not known."""
        del capture
        return ""

    def close(self) -> None:
        """Do nothing: the board stays on."""


class Board(Protocol):
    """A board that can be powered, or already is."""

    @property
    def kind(self) -> BoardKind:
        """The type of the board."""

    @property
    def name(self) -> str:
        """native, m4, nano33emu, nano33emu:rev2, nano33ble:SERIAL, or a port as it was given."""

    @property
    def is_virtual(self) -> bool:
        """True if it needs no hardware."""

    @property
    def firmware_kind(self) -> str:
        """The `kind` that build_firmware takes: native, m4 or nano33ble; empty if it cannot be flashed from here."""

    @property
    def has_bootloader(self) -> bool:
        """True if its program is uploaded over USB through its bootloader, as the Nano's is, emulated or not."""

    @property
    def tick_unit(self) -> str:
        """The unit of its ticks if its firmware cannot know it, as on an emulated chip; else empty."""

    def now_s(self) -> float:
        """Return the board's time in s, with an arbitrary origin: an emulated board's may pass more slowly."""

    def power(
        self, *, scene: str | None = None, hold_s: float = 0.0, keep_on: bool = False
    ) -> AbstractContextManager[PoweredBoard]:
        """Return the powered board, which is off again at the end of the `with`.

        scene: the sensor's input (scenes.open_scene); virtual boards only. hold_s: time for which a picture stays.
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
