"""Real firmware behind a proxy that falsifies its frames: it can withhold, change or repeat them."""

from __future__ import annotations

import select
from collections.abc import Callable
from dataclasses import dataclass

from tinyhost.boards import PoweredBoard
from tinyhost.errors import LinkError
from tinyhost.link import Link
from tinyhost.protocol.frames import BadFrame, Frame, FrameDecoder, LogText, encode_frame

from tests.device.evil import EvilBoard

__all__ = ["Between", "Change", "wire"]

Change = Callable[["Between", Frame], "bytes | None"]
"""Returns what the host gets instead of a frame of the board's; None for nothing."""


def wire(frame: Frame) -> bytes:
    """Return a frame as it goes over the wire."""
    return encode_frame(frame.type, frame.seq, frame.payload)


@dataclass(kw_only=True)
class Memory:
    """The state of a change during one run."""

    n_items: int = 0
    """stream items that came so far"""
    n_replies: int = 0
    before: bytes = b""


class Between(EvilBoard):
    """A pty behind which real firmware answers; `change` has its way with each frame that it sends."""

    def __init__(self, powered: PoweredBoard, change: Change, *, swallowed: frozenset[int] = frozenset()) -> None:
        """swallowed: types of requests that the board never gets."""
        super().__init__({})
        self.powered = powered
        self.memory = Memory()
        self._change = change
        self._swallowed = swallowed
        self.name = "native"

    def vanish(self) -> None:
        """Go off for good: the port is there, and nobody answers any more."""
        self._stop.set()

    def _run(self) -> None:
        link = self.powered.open_link()
        try:
            self._pass_on(link)
        except (LinkError, OSError):
            return  # the firmware is off, or the host has gone
        finally:
            link.close()

    def _pass_on(self, link: Link) -> None:
        requests, replies = FrameDecoder(), FrameDecoder()
        while not self._stop.is_set():
            if select.select([self._master], [], [], 0.002)[0]:
                for request in requests.feed(self.read_bytes()):
                    if isinstance(request, Frame) and request.type not in self._swallowed:
                        link.write(wire(request))
                    elif isinstance(request, Frame):
                        self.reply(request)
            for item in replies.feed(link.read(65_536, 0.002)):
                self._say(item)

    def _say(self, item: Frame | LogText | BadFrame) -> None:
        if isinstance(item, Frame):
            said = self._change(self, item)
            if said is not None:
                self.send_bytes(said)
