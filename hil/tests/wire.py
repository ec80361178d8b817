"""A raw link: single frames, without the session logic of `Device`."""

from __future__ import annotations

import time

from tinyhost.link import Link
from tinyhost.protocol.frames import Frame, FrameDecoder, encode_frame
from tinyhost.protocol.messages import HELLO_MAGIC, PROTOCOL_VERSION, REPLY_FLAG, HelloRequest

__all__ = ["HELLO", "Wire"]

HELLO = HelloRequest(magic=HELLO_MAGIC, version_min=PROTOCOL_VERSION, version_max=PROTOCOL_VERSION, session=1)
PATIENCE_S = 60.0
"""how long a board that must answer may take: a guard, not a measure"""


class Wire:
    """Sends any bytes, and returns the frames that come back."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._decoder = FrameDecoder()

    def send(self, data: bytes) -> None:
        """Send raw bytes."""
        self._link.write(data)

    def request(
        self, message_type: int, seq: int, payload: bytes = b"", *, within_s: float = PATIENCE_S
    ) -> Frame | None:
        """Send one request, once, and return its reply."""
        self.send(encode_frame(message_type, seq, payload))
        return self.reply(seq, within_s=within_s)

    def reply(self, seq: int, *, within_s: float = PATIENCE_S) -> Frame | None:
        """Return the reply to request `seq`, or None if none comes."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            for frame in self.frames(0.05):
                if frame.seq == seq and frame.type & REPLY_FLAG:
                    return frame
        return None

    def frames(self, for_s: float) -> list[Frame]:
        """Return the frames that arrive within a time."""
        found: list[Frame] = []
        deadline = time.monotonic() + for_s
        while (left_s := deadline - time.monotonic()) > 0:
            items = self._decoder.feed(self._link.read(65_536, left_s))
            found += [item for item in items if isinstance(item, Frame)]
        return found
