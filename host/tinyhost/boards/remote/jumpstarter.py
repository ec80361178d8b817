"""Boards behind jumpstarter: leased by its own `jmp shell`, their bytes forwarded to a port of loopback.

The script below runs in jumpstarter's environment, in the shell of the lease; when its standard input ends, so does the
lease. With an empty selector it is the lease of the shell that tinyhost itself runs in.
"""

from __future__ import annotations

import os
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tinyhost.boards.base import BoardKind, PoweredBoard, PowerElsewhere
from tinyhost.boards.bootloader import UploadResult
from tinyhost.boards.build import Firmware
from tinyhost.boards.ports import PortBoard
from tinyhost.boards.remote.addresses import parse_selector
from tinyhost.boards.remote.board import RemoteBoard
from tinyhost.boards.remote.lab_programs import find_program, python_of
from tinyhost.errors import BoardError, LinkError, RouteLostError, UsageError
from tinyhost.link import Link
from tinyhost.system.json_reading import JsonObject, parse_json
from tinyhost.system.processes import kill_with_children, start_program

__all__ = ["JumpstarterBoard"]

_SCRIPT = """
import json, sys
from jumpstarter.utils.env import env
from jumpstarter_driver_network.adapters import TcpPortforwardAdapter

def say(**values):
    print("#tinyhost " + json.dumps(values), flush=True)

with env() as client:
    ports = [name for name, child in client.children.items() if "pyserial" in type(child).__module__]
    if len(ports) != 1:
        say(error=f"expected one serial port, got {ports} of {list(client.children)}")
        sys.exit(1)
    with TcpPortforwardAdapter(client=client.children[ports[0]]) as (host, port):
        say(host=host, port=port, power="power" in client.children)
        for line in sys.stdin:
            try:
                client.children["power"].cycle()
                say(cycled=True)
            except Exception as error:
                say(error=str(error) or type(error).__name__)
"""
_MARK = b"#tinyhost "
_START_S = 600.0
_CYCLE_S = 60.0
_END_S = 10.0
_SAID_CHARS = 600
_READ_BYTES = 65_536
_QUIET_S, _STALE_S = 0.05, 2.0
_HINT = "jumpstarter 0.9 is expected, with jumpstarter-driver-network in its environment"


class JumpstarterBoard(RemoteBoard):
    """A board that an exporter of jumpstarter has.

    It cannot be flashed; its power can be cycled if the exporter has a `power`.
    """

    kind: BoardKind = "port"
    is_virtual = False
    firmware_kind = ""
    has_bootloader = False
    tick_unit = ""
    now_s = staticmethod(time.monotonic)
    flash_hint = (
        "jumpstarter carries serial data only: run tinyhost flash on the machine that has the board, or use ssh:"
    )

    def __init__(self, spec: str) -> None:
        """Raise UsageError for an invalid address."""
        self.name = spec
        self._selector = parse_selector(spec)

    def check_free(self) -> None:
        """Do nothing: the lease reserves the board."""

    def flash(
        self, firmware: Firmware, progress: Callable[[str], None], ask: Callable[[str], None] | None
    ) -> UploadResult | None:
        """Raise UsageError: the board cannot be flashed."""
        raise UsageError(f"{self.name}: jumpstarter supports serial data only", hint=self.flash_hint)

    @contextmanager
    def power(self, *, scene: str | None = None, hold_s: float = 0.0, keep_on: bool = False) -> Iterator[PoweredBoard]:
        """Yield the board, leased; see base.Board. Raises BoardError, MissingToolError, RouteLostError."""
        lease = _Lease(self.name, self._selector)
        try:
            with PortBoard(lease.url).power(scene=scene, hold_s=hold_s, keep_on=keep_on) as inner:
                leased = _JumpstarterPower(self, inner, lease)
                try:
                    yield leased
                finally:
                    leased.let_go()
        finally:
            lease.close()


class _Lease:
    """A running `jmp shell` with our script in it."""

    def __init__(self, name: str, selector: str) -> None:
        self._name = name
        jmp = find_program("jmp", why=f"{name} is a board of jumpstarter")
        script = [python_of(jmp), "-c", _SCRIPT]
        leased = not selector and "JUMPSTARTER_HOST" in os.environ
        command = script if leased else [jmp, "shell", *(["-l", selector] if selector else []), "--", *script]
        self._process = start_program(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self._said: queue.Queue[JsonObject | None] = queue.Queue()
        self._other = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            about = self._next(_START_S)
            self.url = f"socket://{about.text('host')}:{about.integer('port', 1, 65_535)}"
            self._has_power = about.flag("power")
        except BaseException:
            self.close()
            raise

    def cycle_power(self) -> None:
        """Cycle the power by jumpstarter's driver. Raises BoardError, RouteLostError."""
        if not self._has_power:
            raise BoardError(f"{self._name}: its exporter has no `power`", hint="tinyhost reset asks the firmware")
        assert self._process.stdin
        with suppress(OSError, ValueError):
            self._process.stdin.write(b"cycle\n")
            self._process.stdin.flush()
        self._next(_CYCLE_S)

    def close(self) -> None:
        """End the lease."""
        with suppress(OSError, ValueError):
            assert self._process.stdin
            self._process.stdin.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            kill_with_children(self._process)
            self._process.wait()
        self._reader.join(_END_S)

    def _next(self, timeout_s: float) -> JsonObject:
        try:
            said = self._said.get(timeout=timeout_s)
        except queue.Empty:
            said = None
        if said is None:
            other = " ".join(self._other.split())[-_SAID_CHARS:]
            raise RouteLostError(
                f"{self._name}: jmp shell has ended or is silent: {other}", hint="run jmp shell by hand"
            )
        if "error" in said:
            raise BoardError(f"{self._name}: {said.text('error')}", hint="jmp get exporters")
        return said

    def _read(self) -> None:
        assert self._process.stdout
        with suppress(OSError, ValueError):
            for line in self._process.stdout:
                if line.startswith(_MARK):
                    values = parse_json(line[len(_MARK) :], self._name, error=BoardError, hint=_HINT)
                    self._said.put(JsonObject.of(values, self._name, error=BoardError, hint=_HINT))
                else:
                    self._other = (self._other + line.decode(errors="replace"))[-4 * _SAID_CHARS :]
        self._said.put(None)


class _LeasedLink:
    """A session's use of a connection that outlives it."""

    def __init__(self, link: Link) -> None:
        self.name, self.read, self.write = link.name, link.read, link.write

    def close(self) -> None:
        """Do nothing: the lease ends the connection."""


class _JumpstarterPower(PowerElsewhere):
    """A leased board."""

    def __init__(self, board: JumpstarterBoard, inner: PoweredBoard, lease: _Lease) -> None:
        self.board = board
        self.port = inner.port
        self._inner, self._lease = inner, lease
        self._link: Link | None = None

    def open_link(self) -> Link:
        """Return the lease's one connection, a new one if it was lost. Raises LinkError.

        jumpstarter's exporter ends a connection with the lease, and not before: a second one would share the bytes.
        """
        if self._link is not None:
            try:
                deadline = time.monotonic() + _STALE_S
                while self._link.read(_READ_BYTES, _QUIET_S) and time.monotonic() < deadline:
                    pass  # drop the board's earlier output
            except LinkError:
                self.let_go()
        self._link = self._link or self._inner.open_link()
        return _LeasedLink(self._link)

    def let_go(self) -> None:
        """End the connection, if there is one."""
        if self._link is not None:
            with suppress(LinkError):
                self._link.close()
        self._link = None

    def reset(self) -> None:
        """Cut the power by jumpstarter's driver."""
        self._lease.cycle_power()
