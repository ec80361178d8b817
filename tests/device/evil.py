"""A board on a pty that sends valid frames with invalid contents, which a host must survive."""

from __future__ import annotations

import fcntl
import json
import os
import select
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tinyhost.link import Link, SerialLink
from tinyhost.protocol.frames import Frame, FrameDecoder, encode_frame
from tinyhost.protocol.messages import (
    HELLO_MAGIC,
    REPLY_FLAG,
    HelloReply,
    HelloRequest,
    InfoReply,
    MessageType,
    PingReply,
)

__all__ = ["Answer", "EvilBoard", "kept_on"]

Answer = Callable[["EvilBoard", Frame], None]
"""Sends whatever it likes in answer to a request."""


class EvilBoard:
    """Powered as long as the `with` lasts. It answers HELLO properly; `answers` decides about the rest."""

    kind = "native"
    name = "evil"
    is_virtual = True
    firmware_kind = "native"
    has_bootloader = False
    tick_unit = ""
    now_s = staticmethod(time.monotonic)
    stays_on = True
    failure = ""
    scene_name = ""
    scene_failure = None

    def __init__(self, answers: dict[MessageType, Answer], *, info: InfoReply | None = None) -> None:
        self._answers = answers
        self._info = info or InfoReply(
            board="native", app="vww", engine="tinyhost", unique_id="evil", tick_unit="ns", tick_hz=1_000_000_000,
            max_request_bytes=4112, arena_bytes=114_688, slot_bytes=327_680, page_bytes=4096, sample_bytes=19_200,
            n_slots=2, operators=0xFFFFFFFE,
        )  # fmt: skip
        self._stop = threading.Event()
        self._started_s = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="evil board", daemon=True)

    def __enter__(self) -> EvilBoard:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.port = os.ttyname(self._slave)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        os.close(self._master)
        os.close(self._slave)

    @property
    def board(self) -> Any:
        """The board itself."""
        return self

    def scene_item(self, capture: int) -> str:
        """Return "", since the item is not known."""
        del capture
        return ""

    def open_link(self) -> Link:
        """Return a new link to it."""
        return SerialLink(self.port, self.name)

    def reset(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

    def reply(self, request: Frame, payload: bytes = b"") -> None:
        """Send a reply."""
        self.send(request.type | REPLY_FLAG, request.seq, payload)

    def send(self, message_type: int, seq: int, payload: bytes) -> None:
        """Send a frame."""
        self.send_bytes(encode_frame(message_type, seq, payload))

    def send_bytes(self, data: bytes) -> None:
        """Send bytes; gives up when nobody reads them and the board goes off."""
        while data and not self._stop.is_set():
            if select.select([], [self._master], [], 0.05)[1]:
                data = data[os.write(self._master, data) :]

    def read_bytes(self) -> bytes:
        """Return the bytes that the host has sent."""
        return os.read(self._master, 65_536)

    @property
    def is_off(self) -> bool:
        """Whether endless answers must stop."""
        return self._stop.is_set()

    def _run(self) -> None:
        decoder = FrameDecoder()
        while not self._stop.is_set():
            if select.select([self._master], [], [], 0.05)[0]:
                for item in decoder.feed(self.read_bytes()):
                    if isinstance(item, Frame):
                        self._answer(item)

    def _answer(self, request: Frame) -> None:
        if (answer := self._answers.get(MessageType(request.type))) is not None:
            answer(self, request)
        elif request.type == MessageType.HELLO:
            session = HelloRequest.unpack(request.payload).session
            self.reply(request, HelloReply(magic=HELLO_MAGIC, version=1, session=session).pack())
        elif request.type == MessageType.INFO:
            self.reply(request, self._info.pack())
        elif request.type == MessageType.PING:
            uptime_us = int(1e6 * (time.monotonic() - self._started_s))
            self.reply(request, PingReply(uptime_us=uptime_us).pack())
        else:
            self.reply(request)


@contextmanager
def kept_on(board: EvilBoard, state: Path) -> Iterator[None]:
    """Make commands with `--board native --state STATE` attach to it, as if `tinyhost board run` kept it on."""
    folder = state / "native"
    folder.mkdir(parents=True)
    (folder / "program").write_bytes(b"")
    (folder / "board.json").write_text(json.dumps({"app": "vww", "build_id": "", "text_bytes": 0, "ram_bytes": 0}))
    running = {"pid": os.getpid(), "firmware_pid": 0, "boots": 1, "port": board.port, "scene": "", "shared": True}
    (folder / "running.json").write_text(json.dumps(running))
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
