"""Boards of another machine by ssh: the tinyhost there performs all operations of a local board."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict

from tinyhost.boards.base import BoardKind, PoweredBoard
from tinyhost.boards.bootloader import UploadResult
from tinyhost.boards.build import Firmware
from tinyhost.boards.remote.addresses import SshTarget
from tinyhost.boards.remote.board import RemoteBoard
from tinyhost.boards.remote.pipes import error_of
from tinyhost.boards.remote.ssh_session import RemoteLink, SshSession
from tinyhost.errors import FirmwareFileError, TinyhostError
from tinyhost.link.base import Link
from tinyhost.system.json_reading import JsonObject
from tinyhost.system.reading import read_file

__all__ = ["SshBoard"]

_MAX_PROGRAM_BYTES = 1 << 26
_KINDS: tuple[BoardKind, ...] = ("native", "m4", "nano33emu", "nano33ble", "port")


class SshBoard(RemoteBoard):
    """A board of another machine, which describes it on first use."""

    def __init__(self, target: SshTarget, name: str) -> None:
        self.target = target
        self.name = name
        self._session: SshSession | None = None
        self._about: JsonObject | None = None
        self._opening = threading.Lock()

    @property
    def session(self) -> SshSession:
        """The ssh session, opened anew if it has ended. Raises RouteLostError, BoardNotFoundError, UsageError."""
        with self._opening:
            if self._session is None or self._session.lost:
                session = SshSession(self.target, self.name)
                try:
                    self._about = session.ask("hello", board=self.target.board)
                except TinyhostError:
                    session.close()
                    raise
                self._session = session
                weakref.finalize(self, session.close)
            return self._session

    @property
    def about(self) -> JsonObject:
        """The other machine's description of the board."""
        if self._about is None:
            self.session.check()
        assert self._about is not None
        return self._about

    @property
    def kind(self) -> BoardKind:
        """The type of the board."""
        kind = self.about.choice("kind", _KINDS)
        return next(known for known in _KINDS if known == kind)

    @property
    def is_virtual(self) -> bool:
        """True if it needs no hardware there."""
        return self.about.flag("is_virtual")

    @property
    def firmware_kind(self) -> str:
        """The `kind` that build_firmware takes."""
        return self.about.text("firmware_kind")

    @property
    def has_bootloader(self) -> bool:
        """True if its program is put there over USB."""
        return self.about.flag("has_bootloader")

    @property
    def tick_unit(self) -> str:
        """The unit of its ticks, if its firmware cannot know it."""
        return self.about.text("tick_unit")

    @property
    def now_s(self) -> Callable[[], float]:
        """Returns the board's time in s, requested from the other machine only if it differs from ours."""
        if not self.about.flag("has_own_time"):
            return time.monotonic
        return lambda: self.session.ask("now").number("s", 0, 1e12)

    @contextmanager
    def power(self, *, scene: str | None = None, hold_s: float = 0.0, keep_on: bool = False) -> Iterator[PoweredBoard]:
        """Yield the board; see base.Board. A scene's files are those of the other machine."""
        del keep_on
        session = self.session
        reply = session.ask("power", hold_s=hold_s, scene=scene)
        try:
            yield _SshPower(self, session, stays_on=reply.flag("stays_on"))
        finally:
            if session.lost is None:
                session.ask("off")

    def check_free(self) -> None:
        """Raise BoardError or PortBusyError if another program there uses the board."""
        self.session.ask("free")

    def flash(
        self, firmware: Firmware, progress: Callable[[str], None], ask: Callable[[str], None] | None
    ) -> UploadResult | None:
        """Have the other machine put a program on the board; see flash.flash_firmware."""

        def heard(line: JsonObject) -> None:
            (ask if ask and "ask" in line else progress)(line.text("progress"))

        program = read_file(firmware.path, max_bytes=_MAX_PROGRAM_BYTES, error=FirmwareFileError)
        values = {key: value for key, value in asdict(firmware).items() if key not in ("path", "origin")}
        reply = self.session.ask("flash", program=program, progress=heard, firmware=values, n_bytes=len(program))
        upload = reply.values.get("upload")
        return UploadResult(**upload) if isinstance(upload, dict) else None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep one ssh open for the block."""
        try:
            yield
        finally:
            self.close()

    def close(self) -> None:
        """End the ssh, if there is one."""
        if self._session is not None:
            self._session.close()
            self._session = None


class _SshPower:
    """A board that the other machine keeps powered for us."""

    def __init__(self, board: SshBoard, session: SshSession, *, stays_on: bool) -> None:
        self.board = board
        self.port = board.name
        self.stays_on = stays_on
        self._session = session

    @property
    def failure(self) -> str:
        """Why the firmware stopped running, or why the other machine cannot be reached."""
        return self._session.lost.message if self._session.lost else self._session.ask("scene").text("failed")

    @property
    def scene_name(self) -> str:
        """The name of the last item before the camera."""
        return self._session.ask("scene").text("name")

    def scene_item(self, capture: int) -> str:
        """Return the name of the item before the camera in a capture."""
        return self._session.ask("scene", capture=capture).text("item")

    @property
    def scene_failure(self) -> TinyhostError | None:
        """Why the scene failed."""
        reply = self._session.ask("scene")
        return error_of(reply.object("failure"), self.board.name) if "failure" in reply else None

    def open_link(self) -> Link:
        """Return a new link. Raises RouteLostError: a board that the other machine kept on for us is off by then."""
        self._session.check()
        link = RemoteLink(self._session, self.board.name)
        self._session.link = link  # before the reply: bytes may follow it at once
        self._session.ask("open")
        return link

    def reset(self) -> None:
        """Cut the power and give it back."""
        self._session.ask("reset")

    def close(self) -> None:
        """Do nothing: the block that powered it ends it."""
