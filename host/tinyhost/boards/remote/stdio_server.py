"""A board of this computer, served to a tinyhost at the other end of two pipes: `tinyhost board serve --stdio`.

The requests (remote.pipes has the packets); `hello` comes first:

    hello {board}        which board it is: kind, name, firmware_kind, ...
    power {scene, hold_s}, off
    open, close          the link; meanwhile bytes go both ways
    reset                power cut of a virtual board
    scene {capture}      what its camera sees
    now                  the board's time, where it is not ours
    free                 raises if another program uses the board
    flash {firmware, n_bytes}, then the program's bytes
    alive                no reply: the other side is still there
"""

from __future__ import annotations

import contextlib
import queue
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tinyhost.boards.base import Board, PoweredBoard
from tinyhost.boards.build import Firmware
from tinyhost.boards.flash import check_free, flash_firmware
from tinyhost.boards.remote.pipes import ALIVE_S, Pipes, told
from tinyhost.errors import BoardError, LinkError, ProtocolError, TinyhostError
from tinyhost.link.base import Link
from tinyhost.system.durable import write_atomically
from tinyhost.system.json_reading import JsonObject

__all__ = ["serve_pipes"]

_SILENCE_S = 6 * ALIVE_S
_MAX_PROGRAM_BYTES = 1 << 26
_READ_BYTES = 16_384
_POLL_S = 0.1
_WHERE = "the other machine"


def serve_pipes(pipes: Pipes, find: Callable[[str], Board]) -> None:
    """Serve the other side's requests until it is gone, then release the board. find: returns the board of a name."""
    pipes.send_magic()
    received: queue.Queue[JsonObject | bytes | None] = queue.Queue(maxsize=64)
    threading.Thread(target=_receive, args=(pipes, received), daemon=True).start()
    server = _Server(pipes, find, received)
    with contextlib.suppress(OSError, ValueError, queue.Empty):  # gone, or silent for too long
        server.run()
    server.close()


def _receive(pipes: Pipes, received: queue.Queue[JsonObject | bytes | None]) -> None:
    item: JsonObject | bytes | None = b""
    while item is not None:
        try:
            item = pipes.receive()
        except (OSError, ValueError, ProtocolError):
            item = None
        received.put(item)


class _Server:
    """One board in use by the other side."""

    def __init__(
        self, pipes: Pipes, find: Callable[[str], Board], received: queue.Queue[JsonObject | bytes | None]
    ) -> None:
        self._pipes, self._find, self._received = pipes, find, received
        self._board: Board | None = None
        self._powered: PoweredBoard | None = None
        self._on = ExitStack()
        self._link: Link | None = None
        self._pump: threading.Thread | None = None
        self._pumping = threading.Event()
        self._requests: dict[str, Callable[[JsonObject], dict[str, Any]]] = {
            "hello": self._hello, "power": self._power, "off": self._off, "open": self._open, "close": self._close,
            "reset": self._reset, "scene": self._scene, "now": self._now, "free": self._free, "flash": self._flash,
        }  # fmt: skip

    def run(self) -> None:
        """Serve requests until the end. Raises OSError, ValueError, queue.Empty if the other side is gone."""
        while (item := self._received.get(timeout=_SILENCE_S)) is not None:
            if isinstance(item, bytes):
                self._write(item)
            elif "alive" not in item:
                self._answer(item)

    def close(self) -> None:
        """Release the board."""
        with contextlib.suppress(TinyhostError):
            self._close_link()
        self._on.close()

    def _answer(self, request: JsonObject) -> None:
        try:
            reply = self._requests[request.choice("do", self._requests)](request)
        except TinyhostError as error:
            self._pipes.send(error=told(error))
        else:
            self._pipes.send(ok=reply)

    def _hello(self, request: JsonObject) -> dict[str, Any]:
        board = self._board = self._find(request.text("board"))
        return {
            "kind": board.kind,
            "name": board.name,
            "is_virtual": board.is_virtual,
            "firmware_kind": board.firmware_kind,
            "has_bootloader": board.has_bootloader,
            "tick_unit": board.tick_unit,
            "has_own_time": board.now_s is not time.monotonic,
        }

    def _found(self) -> Board:
        if self._board is None:
            raise BoardError("no board was asked for", hint="hello comes first")
        return self._board

    def _on_now(self) -> PoweredBoard:
        if self._powered is None:
            raise BoardError("the board is off", hint="power comes first")
        return self._powered

    def _power(self, request: JsonObject) -> dict[str, Any]:
        self._off(request)
        scene = None if request.values.get("scene") is None else request.text("scene")
        hold_s = request.number("hold_s", 0, 1e6)
        self._powered = self._on.enter_context(self._found().power(scene=scene, hold_s=hold_s))
        return {"stays_on": self._powered.stays_on}

    def _off(self, request: JsonObject) -> dict[str, Any]:
        del request
        self._close_link()
        self._powered = None
        self._on.close()
        return {}

    def _open(self, request: JsonObject) -> dict[str, Any]:
        del request
        self._close_link()
        link = self._link = self._on_now().open_link()
        self._pumping.set()
        self._pump = threading.Thread(target=self._to_other_side, args=(link,), daemon=True)
        self._pump.start()
        return {"name": link.name}

    def _close(self, request: JsonObject) -> dict[str, Any]:
        del request
        self._close_link()
        return {}

    def _reset(self, request: JsonObject) -> dict[str, Any]:
        del request
        self._on_now().reset()
        return {}

    def _scene(self, request: JsonObject) -> dict[str, Any]:
        powered = self._on_now()
        failure = powered.scene_failure
        item = powered.scene_item(request.integer("capture", 0, 1 << 62)) if "capture" in request else ""
        reply = {"name": powered.scene_name, "item": item, "failed": powered.failure}
        return {**reply, "failure": told(failure)} if failure else reply

    def _now(self, request: JsonObject) -> dict[str, Any]:
        del request
        return {"s": self._found().now_s()}

    def _free(self, request: JsonObject) -> dict[str, Any]:
        del request
        check_free(self._found())
        return {}

    def _flash(self, request: JsonObject) -> dict[str, Any]:
        program = self._program(request.integer("n_bytes", 0, _MAX_PROGRAM_BYTES))
        self._off(request)
        about = request.object("firmware")
        with tempfile.TemporaryDirectory(prefix="tinyhost-") as folder:
            path = Path(folder) / f"program{'.bin' if self._found().has_bootloader else ''}"
            write_atomically(path, program, sync=False, mode=0o700)
            firmware = Firmware(
                app=about.text("app"), kind=about.text("kind"), path=path, build_id=about.text("build_id"),
                text_bytes=about.integer("text_bytes", 0, 1 << 40), ram_bytes=about.integer("ram_bytes", 0, 1 << 40),
            )  # fmt: skip
            upload = flash_firmware(
                self._found(),
                firmware,
                progress=lambda line: self._pipes.send(progress=line),
                ask=lambda line: self._pipes.send(progress=line, ask=True),
            )
        return {"upload": asdict(upload) if upload else None}

    def _program(self, n_bytes: int) -> bytes:
        """Return the bytes that follow a request to flash."""
        program = bytearray()
        while len(program) < n_bytes:
            item = self._received.get(timeout=_SILENCE_S)
            if item is None:
                raise OSError("gone")
            if isinstance(item, bytes):
                program += item
            elif "alive" not in item:
                raise ProtocolError(
                    f"{_WHERE}: a request within a program", hint="use the same version on both machines"
                )
        return bytes(program[:n_bytes])

    def _write(self, data: bytes) -> None:
        link = self._link
        if link is None:
            return  # sent before the other side heard that the link is lost
        try:
            link.write(data)
        except LinkError as error:
            self._lost(error)

    def _to_other_side(self, link: Link) -> None:
        try:
            while self._pumping.is_set():
                if data := link.read(_READ_BYTES, _POLL_S):
                    self._pipes.send_bytes(data)
        except LinkError as error:
            self._lost(error)
        except (OSError, ValueError):
            return  # the other side is gone, as run() notices, too

    def _lost(self, error: TinyhostError) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._pipes.send(lost=told(error))

    def _close_link(self) -> None:
        self._pumping.clear()
        link, self._link = self._link, None
        if self._pump is not None:
            self._pump.join()
            self._pump = None
        if link is not None:
            with contextlib.suppress(LinkError):
                link.close()
