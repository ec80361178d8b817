"""Buffers and models written to a board, in pieces that shrink and grow with the link's quality."""

from __future__ import annotations

import time

from tinyhost.device.connection import InterruptedLinkError
from tinyhost.device.session import Session
from tinyhost.device.timing import ChunkSizer
from tinyhost.errors import LinkTimeoutError
from tinyhost.protocol.messages import MessageType, Source, WriteRequest

__all__ = ["Writer"]

_MAX_CHUNK_BYTES = 4096
_NO_PROGRESS_S = 10.0


class Writer:
    """Pieces of data to one session's board, one at a time."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._connection = session.connection
        self._sizer = ChunkSizer(_MAX_CHUNK_BYTES)
        self._attempt = 1
        self._silent_since_s: float | None = None

    @property
    def chunk_bytes(self) -> int:
        """The best size for the next piece."""
        return self._sizer.chunk_bytes

    def write(self, target: Source, data: bytes) -> None:
        """Fill the board's picture frame or the model's input from its start."""
        place = 0
        restarts = self._session.restarts
        while place < len(data):
            if self._session.restarts != restarts:
                restarts, place = self._session.restarts, 0
            piece = data[place : place + self.chunk_bytes]
            header = WriteRequest(offset=place, target=target).pack()
            if self.send_piece(MessageType.WRITE, header, piece) is not None:
                place += len(piece)

    def send_piece(self, message_type: MessageType, header: bytes, piece: bytes) -> bytes | None:
        """Send a piece once; return the reply's payload, or None if it must be sent again, maybe in smaller pieces.

        Raises LinkTimeoutError when nothing was answered for 10 s.
        """
        try:
            reply = self._connection.try_request(message_type, header + piece, attempt=self._attempt)
        except InterruptedLinkError:
            return None
        if reply is not None:
            self._silent_since_s = None
            self._attempt = 1
            self._sizer.learn(arrived=1, lost=0, chunk_bytes=len(piece))
            return reply
        now_s = time.monotonic()
        self._silent_since_s = self._silent_since_s or now_s
        if now_s - self._silent_since_s > _NO_PROGRESS_S:
            self._silent_since_s = None
            raise LinkTimeoutError(
                f"{self._connection.name}: no reply to {message_type.name} in {_NO_PROGRESS_S:g} s "
                f"(sent {self._attempt} times)",
                hint="reset the board",
            )
        self._attempt += 1
        self._sizer.learn(arrived=0, lost=1, chunk_bytes=len(piece))
        return None
