"""Places of labgrid: reserved, acquired and released by its own client, their bytes by the port that they export.

A place has a NetworkSerialPort (or a serial port that ser2net exports), from which bytes come. What cannot go through a
port, flashing, is done by tinyhost on the machine that has the board: over ssh to the place's NetworkService, else to
the host of its port, and the place's tag `tinyhost` names the board there.
"""

from __future__ import annotations

import getpass
import os
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tinyhost.boards.base import BoardKind, PoweredBoard, PowerElsewhere
from tinyhost.boards.bootloader import UploadResult
from tinyhost.boards.build import Firmware
from tinyhost.boards.ports import PortBoard
from tinyhost.boards.remote.addresses import parse_place, parse_ssh
from tinyhost.boards.remote.board import RemoteBoard
from tinyhost.boards.remote.lab_programs import find_program, python_of, run_program
from tinyhost.boards.remote.labgrid_text import AS_JSON, HINT, PlaceReport, parse_resources, parse_show
from tinyhost.boards.remote.ssh_board import SshBoard
from tinyhost.errors import BoardError, BoardNotFoundError, PortBusyError, UsageError
from tinyhost.system.json_reading import JsonObject
from tinyhost.system.locks import FileLock
from tinyhost.system.user_folders import state_folder

__all__ = ["LabgridBoard"]

_RESERVE_S = 600.0
_TOKEN = re.compile(r"^export LG_TOKEN=([A-Za-z0-9]+)$", re.MULTILINE)


class LabgridBoard(RemoteBoard):
    """The board of a place. It is used by its holder alone, by labgrid's own rules."""

    kind: BoardKind = "port"
    is_virtual = False
    tick_unit = ""
    flash_hint = (
        "labgrid-client -p PLACE set-tags tinyhost=BOARD says what it is called there: native, nano33ble:SERIAL"
    )
    now_s = staticmethod(time.monotonic)

    def __init__(self, spec: str) -> None:
        """Raise UsageError for an invalid address."""
        self.name = spec
        self._place, self._filters = parse_place(spec)
        self._depth = 0
        self._token = ""
        self._resources: dict[str, JsonObject] = {}
        self._far: SshBoard | None = None

    @property
    def firmware_kind(self) -> str:
        """The kind reported by the machine that has the board; empty if its place does not name the board there."""
        with self.held():
            return self._far.firmware_kind if self._far else ""

    @property
    def has_bootloader(self) -> bool:
        """True if its program is put there over USB."""
        with self.held():
            return self._far is not None and self._far.has_bootloader

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep the place acquired in the block; one that was ours before stays ours afterwards.

        Raises PortBusyError if somebody else holds it, BoardNotFoundError, BoardError; at the end BoardError if one of
        the place's resources went away meanwhile, since measurements are then unreliable.
        """
        if self._depth:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
            return
        lock = self._lock()
        try:
            was_ours = self._acquire()
            self._depth = 1
            try:
                yield
                self._depth = 0
                self._check_resources()
            finally:
                self._depth = 0
                self._leave(was_ours)
        finally:
            lock.release()

    @contextmanager
    def power(self, *, scene: str | None = None, hold_s: float = 0.0, keep_on: bool = False) -> Iterator[PoweredBoard]:
        """Yield the board, its place held; see base.Board."""
        with self.held():
            board = PortBoard(self._url())
            with board.power(scene=scene, hold_s=hold_s, keep_on=keep_on) as powered:
                yield _LabgridPower(self, powered)

    def check_free(self) -> None:
        """Raise BoardError or PortBusyError if another program uses the board."""
        with self.held():
            if self._far is not None:
                self._far.check_free()

    def flash(
        self, firmware: Firmware, progress: Callable[[str], None], ask: Callable[[str], None] | None
    ) -> UploadResult | None:
        """Have the machine that has the board flash it."""
        with self.held():
            if self._far is None:
                raise UsageError(f"{self.name}: the place has no tag with the board's name", hint=self.flash_hint)
            return self._far.flash(firmware, progress, ask)

    def cycle_power(self) -> None:
        """Cycle the power by labgrid, with the driver of the place's power resource."""
        self._client("power", "cycle")

    def _client(self, *words: str, timeout_s: float = 60.0) -> str:
        client = find_program("labgrid-client", why=f"{self.name} is a place of labgrid")
        environment = {"LG_TOKEN": self._token} if self._token else {}
        command = [client, "-p", self._place or "+", *words]
        return run_program(command, name=self.name, environment=environment, timeout_s=timeout_s)

    def _lock(self) -> FileLock:
        """Return the lock that keeps two programs of this user from taking each other's place away."""
        folder = state_folder() / "labgrid"
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / f"{self._place or 'tags'}-{os.getpid() if self._filters else ''}.lock")
        if not lock.acquire(0.2):
            raise PortBusyError(
                f"{self.name}: another of your tinyhost processes uses it", hint="wait until it has finished"
            )
        return lock

    def _acquire(self) -> bool:
        """Acquire the place; return whether it was ours before."""
        if self._filters:
            self._reserve()
        report = self._show()
        self._place = report.name
        ours = f"{_own_host()}/{_own_user()}"
        was_ours = report.holder == ours
        if report.holder and not was_ours:
            host, _, user = report.holder.rpartition("/")
            raise PortBusyError(
                f"{self.name}: {user} on {host} holds it since {report.since}",
                hint=f"ask {user}, or: labgrid-client reserve --wait name={report.name}",
            )
        mark = _mark(report.name)
        if was_ours and mark.exists():
            self._client("release")  # left by a tinyhost or a lab that was killed: its resources may be gone
            was_ours = False
        if not was_ours:
            mark.touch()
            try:
                self._client("acquire")
            except BoardError:
                mark.unlink(missing_ok=True)
                raise
        try:
            self._resources = self._env()
            self._far = self._found_far(report.tags)
            self._url()
        except BaseException:
            self._leave(was_ours)
            raise
        return was_ours

    def _reserve(self) -> None:
        client = find_program("labgrid-client", why=f"{self.name} is a place of labgrid")
        said = run_program(
            [client, "reserve", "--wait", "--shell", *self._filters], name=self.name, timeout_s=_RESERVE_S
        )
        found = _TOKEN.search(said)
        if found is None:
            raise BoardError(f"{self.name}: labgrid-client reserve returned no token", hint=HINT)
        self._place, self._token = "", found[1]

    def _show(self) -> PlaceReport:
        try:
            return parse_show(self._client("show"), self.name)
        except BoardError as exc:
            raise BoardNotFoundError(
                exc.message, hint="labgrid-client places; LG_COORDINATOR=HOST:PORT says where"
            ) from exc

    def _env(self) -> dict[str, JsonObject]:
        python = python_of(find_program("labgrid-client", why=f"{self.name} is a place of labgrid"))
        text = run_program([python, "-c", AS_JSON], name=self.name, feed=self._client("env"))
        return parse_resources(text, self.name)

    def _check_resources(self) -> None:
        """Raise BoardError unless all resources of the place are still there."""
        gone = sorted(self._resources.keys() - self._env().keys())
        if gone:
            raise BoardError(
                f"{self.name}: {', '.join(gone)} disappeared while in use",
                hint="its exporter has stopped: start it again",
            )

    def _leave(self, was_ours: bool) -> None:
        """Give the place back, unless it was ours before."""
        if not was_ours:
            self._client("release")
            _mark(self._place).unlink(missing_ok=True)
        if self._far is not None:
            self._far.close()
        self._far = None
        if self._token:
            token, self._token = self._token, ""
            client = find_program("labgrid-client", why=f"{self.name} is a place of labgrid")
            run_program([client, "cancel-reservation", token], name=self.name)

    def _found_far(self, tags: dict[str, str]) -> SshBoard | None:
        """Return the board as the machine that has it knows it; None without the tag."""
        board = tags.get("tinyhost", "")
        if not board:
            return None
        host, user, port = self._port_resource().text("host"), "", ""
        if service := self._resources.get("NetworkService"):
            host = service.text("address")
            user = f"{service.text('username')}@" if service.values.get("username") else ""
            port = f":{service.integer('port', 1, 65_535)}" if service.values.get("port") else ""
        host = f"[{host}]" if ":" in host else host
        return SshBoard(parse_ssh(f"ssh:{user}{host}{port}/{board}"), self.name)

    def _port_resource(self) -> JsonObject:
        for name, resource in self._resources.items():
            if name.endswith("SerialPort") and resource.values.get("port"):
                return resource
        found = ", ".join(sorted(self._resources)) or "nothing"
        raise BoardNotFoundError(
            f"{self.name}: no available serial port among {found}",
            hint="check that its exporter is running: labgrid-client resources",
        )

    def _url(self) -> str:
        resource = self._port_resource()
        is_raw = resource.values.get("protocol") == "raw"
        scheme, options = ("socket", "") if is_raw else ("rfc2217", "?ign_set_control&timeout=3")
        host = resource.text("host")
        host = f"[{host}]" if ":" in host else host
        return f"{scheme}://{host}:{resource.integer('port', 1, 65_535)}{options}"


class _LabgridPower(PowerElsewhere):
    """The board of a place that is held."""

    def __init__(self, board: LabgridBoard, inner: PoweredBoard) -> None:
        self.board = board
        self.port = inner.port
        self.open_link = inner.open_link

    def reset(self) -> None:
        """Cut the power by labgrid's driver."""
        self.board.cycle_power()


def _mark(place: str) -> Path:
    """Return the file that is there while a tinyhost of this user holds a place that it has acquired."""
    return state_folder() / "labgrid" / f"{place}.acquired"


def _own_user() -> str:
    return os.environ.get("LG_USERNAME") or getpass.getuser()


def _own_host() -> str:
    return os.environ.get("LG_HOSTNAME") or socket.gethostname()
