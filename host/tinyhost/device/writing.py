"""Buffers and models written to a board, in pieces that shrink and grow with the link's quality."""

from __future__ import annotations

import time
from collections.abc import Callable

from tinyhost.device.connection import Connection, Conversation, InterruptedLinkError
from tinyhost.device.refusals import refusal
from tinyhost.device.replies import unpacked
from tinyhost.device.session import Session
from tinyhost.device.timing import ChunkSizer
from tinyhost.device.transfer import NO_PROGRESS_S, TransferProgress
from tinyhost.errors import LinkTimeoutError, ProtocolError
from tinyhost.protocol.frames import Frame
from tinyhost.protocol.messages import REPLY_FLAG, ErrorReply, MessageType, OffsetHeader, Source, WriteRequest
from tinyhost.protocol.status import Status

__all__ = ["WINDOW_BYTES", "WriteProgress", "Writer"]

_MAX_CHUNK_BYTES = 4096
# Small pieces are sent several at a time: a lost one then shows when the next is answered, without a timeout.
_MAX_IN_FLIGHT = 8
WINDOW_BYTES = 65_536
"""Bytes that may be unanswered on a link without losses, whose latency may be long."""
_MAX_RESTARTS = 20  # of the board, that allow for the time again

Header = Callable[[int], bytes]
"""Returns the fields of the request for the bytes at an offset."""


class Writer:
    """Writes data to the board of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._connection = session.connection
        self._sizer = ChunkSizer(_MAX_CHUNK_BYTES)
        self._window_bytes = WINDOW_BYTES

    def write(self, target: Source, data: bytes) -> None:
        """Fill the board's picture frame or the model's input from its start."""

        def header(offset: int) -> bytes:
            return WriteRequest(offset=offset, target=target).pack()

        restarts, offset = self._session.restarts, 0
        progress = WriteProgress(self._connection, MessageType.WRITE, len(data))
        while offset < len(data):
            if self._session.restarts != restarts:
                restarts, offset = self._session.restarts, 0
                progress.start_again()
            offset, _ = self.send_round(MessageType.WRITE, header, data, offset, progress)

    def send_round(
        self, message_type: MessageType, header: Header, data: bytes, offset: int, progress: WriteProgress
    ) -> tuple[int, int]:
        """Send some pieces from `offset` on; returns from where to go on, and how many bytes of data went out.

        As long as each is taken, more follow.

        Raises DeviceError, and LinkTimeoutError when there was hardly any progress for 10 s.
        """
        sending = _Round(data, offset, self._sizer.chunk_bytes, 0 if self._connection.lossy else self._window_bytes)
        try:
            self._connection.wait_ready(progress.deadline)
            with Conversation(self._connection) as talk:

                def send(start: int, end: int) -> None:
                    sending.open[talk.send(message_type, header(start) + data[start:end])] = start

                for start, end in sending.pieces:
                    send(start, end)
                self._await_replies(talk, sending, message_type, progress, send)
        except InterruptedLinkError:
            self._window_bytes = _MAX_CHUNK_BYTES  # a link that soon breaks again must make some progress
            after = sending.end(cumulative=message_type == MessageType.MODEL_WRITE)
            progress.take(after)
            return after, sending.n_bytes
        n_lost, self._window_bytes = len(sending.open), WINDOW_BYTES
        self._sizer.learn(arrived=len(sending.pieces) - n_lost, lost=n_lost, chunk_bytes=sending.chunk_bytes)
        self._connection.note_lost(n_lost)
        after = sending.end(cumulative=message_type == MessageType.MODEL_WRITE)
        if after > len(data):
            raise ProtocolError(
                f"{self._connection.name}: asked for byte {after} next, but the {message_type.name} has {len(data)} "
                f"bytes",
                hint="flash the board with this version of tinyhost: tinyhost flash vww",
            )
        progress.take(after)
        return after, sending.n_bytes

    def _await_replies(
        self,
        talk: Conversation,
        sending: _Round,
        message_type: MessageType,
        progress: WriteProgress,
        send: Callable[[int, int], None],
    ) -> None:
        """Take replies until the last piece's, or a mark's behind it, or none comes any more; send more meanwhile."""
        marks = talk.send_marks() if sending.chunk_bytes < _MAX_CHUNK_BYTES else set()
        deadline, started_s = self._connection.deadline(NO_PROGRESS_S), time.monotonic()
        n_bytes, attempt = sending.chunk_bytes, progress.attempt
        while sending.awaits_last:
            frame = talk.receive(self._connection.wait_s(message_type, n_bytes, attempt), {*sending.open, *marks})
            if frame is None:
                attempt += 1
                if not deadline.left_s:
                    return
                marks |= talk.send_marks()
                continue
            if frame.seq in marks:
                return
            self._connection.timer.learn(message_type, n_bytes, time.monotonic() - started_s)
            started_s = time.monotonic()
            self._take(frame, sending)
            if not marks:
                progress.take(sending.done)
                deadline.start_again()
                if piece := sending.next_piece():
                    send(*piece)

    def _take(self, frame: Frame, sending: _Round) -> None:
        start = sending.open.pop(frame.seq)
        if frame.type != MessageType.ERROR | REPLY_FLAG:
            sending.acknowledge(start, unpacked(OffsetHeader, frame.payload, self._connection.name).offset)
            return
        error = unpacked(ErrorReply, frame.payload, self._connection.name)
        follows_lost = error.status == Status.BAD_ARGUMENT and start != sending.offset
        goes_back = error.status == Status.BAD_ARGUMENT and error.expected < sending.offset
        if not follows_lost and not goes_back:
            exc = refusal(self._connection.name, frame.payload)
            self._connection.check_session(exc)
            raise exc
        sending.refuse(error.expected)


class _Round:
    """Pieces in flight at the same time."""

    def __init__(self, data: bytes, offset: int, chunk_bytes: int, window_bytes: int) -> None:
        self.offset = self.done = offset
        self.chunk_bytes = chunk_bytes
        self._n_data, self._slides = len(data), window_bytes >= chunk_bytes == _MAX_CHUNK_BYTES
        n_pieces = max(1, min(_MAX_IN_FLIGHT, _MAX_CHUNK_BYTES // (2 * chunk_bytes)))
        if self._slides:
            n_pieces = window_bytes // chunk_bytes
        starts = range(offset, min(len(data), offset + n_pieces * chunk_bytes), chunk_bytes)
        self.pieces = [(start, min(len(data), start + chunk_bytes)) for start in starts]
        self.open: dict[int, int] = {}
        """unanswered: sequence number to start"""
        self._answered: dict[int, int] = {}
        self._wanted: int | None = None

    @property
    def n_bytes(self) -> int:
        """The number of bytes of data in the pieces."""
        return self.pieces[-1][1] - self.offset

    @property
    def awaits_last(self) -> bool:
        """Whether the last piece is unanswered."""
        return self.pieces[-1][0] in self.open.values()

    def next_piece(self) -> tuple[int, int] | None:
        """Return start and end of the next piece to send, counted as in flight; None if there is none to send now."""
        start = self.pieces[-1][1]
        if not self._slides or start >= self._n_data:
            return None
        self.pieces.append((start, min(self._n_data, start + self.chunk_bytes)))
        return self.pieces[-1]

    def acknowledge(self, start: int, wanted: int) -> None:
        """Note that the piece at `start` was accepted, and the offset that the device expects next."""
        self._answered[start] = wanted
        self.done = min(self._n_data, start + self.chunk_bytes)
        self._wanted = wanted

    def refuse(self, wanted: int) -> None:
        """Note the offset that the device expects instead of a refused piece."""
        self._wanted = wanted
        self._slides = False

    def end(self, *, cumulative: bool) -> int:
        """Return the offset to continue from: the one that the device expects, or the first unaccepted piece's."""
        if cumulative:
            return self.offset if self._wanted is None else self._wanted
        return next((start for start, _ in self.pieces if start not in self._answered), self.pieces[-1][1])


class WriteProgress(TransferProgress):
    """The progress of sending `n_bytes`, and its deadline."""

    def __init__(
        self,
        connection: Connection,
        message_type: MessageType,
        n_bytes: int,
        report: Callable[[int, int], None] = lambda done, of: None,
    ) -> None:
        """report: called with the bytes done, and all bytes."""
        super().__init__(connection, n_bytes)
        self._report = report
        self._where = f"{connection.name}: {message_type.name}"
        self._restarts_left = _MAX_RESTARTS

    def start_again(self) -> None:
        """Allow another 10 s after a restart of the board, which lost the written data; a limited number of times."""
        self._restarts_left -= 1
        if self._restarts_left > 0:
            self.deadline.start_again()

    def take(self, offset: int) -> None:
        """Record the offset to continue from. Raises LinkTimeoutError after 10 s with hardly any new bytes."""
        self._report(offset, self.n_bytes)
        late = self.note(offset)
        if late is not None:
            how_far = f"only {self.n_new} new bytes" if self.n_new else f"no reply to {self.attempt} tries"
            raise LinkTimeoutError(
                f"{self._where}: {how_far} in {late.seconds:g} s ({self.n_done} of {self.n_bytes} bytes taken)",
                hint="reset the board; check the cable: tinyhost bench --link",
            )
