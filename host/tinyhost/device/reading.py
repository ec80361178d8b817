"""Buffers read from a board, in pieces that shrink and grow with the link's quality."""

from __future__ import annotations

import contextlib
import time

from tinyhost.device.connection import Conversation, InterruptedLinkError
from tinyhost.device.refusals import refusal
from tinyhost.device.replies import unpacked
from tinyhost.device.session import Session
from tinyhost.device.timing import ChunkSizer
from tinyhost.device.transfer import NO_PROGRESS_S, TransferProgress
from tinyhost.errors import LinkLostError, LinkTimeoutError, ProtocolError, UsageError
from tinyhost.protocol.frames import Frame
from tinyhost.protocol.messages import (
    REPLY_FLAG,
    MessageType,
    OffsetHeader,
    ReadReply,
    ReadRequest,
    Source,
)

__all__ = ["Reader"]

_MAX_CHUNK_BYTES = 4096
_MAX_READS_IN_FLIGHT = 8
_MAX_REPEATS = 4  # pieces received for each piece requested; after that the READ is sent anew
_SLOWEST_BYTES_PER_S = 20_000
# More than any board holds; a larger claim is an error.
_MAX_READ_BYTES = 16 << 20
# These survive a restart of the board; other sources do not.
_LASTING = {Source.MODEL, Source.PATTERN}

Span = tuple[int, int]


class Reader:
    """READ over one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._connection = session.connection
        self._sizer = ChunkSizer(_MAX_CHUNK_BYTES)

    def total_bytes(self, source: Source, index: int) -> int:
        """Return the size of the whole source."""
        request = ReadRequest(source=source, index=index, n_bytes=1, chunk_bytes=_MAX_CHUNK_BYTES)
        data = self._connection.request(MessageType.READ, request.pack())
        return unpacked(ReadReply, data, self._connection.name).total_bytes

    def read(self, source: Source, *, index: int = 0, offset: int = 0, n_bytes: int | None = None) -> bytes:
        """Return `n_bytes` of a source from `offset` on, or all that is left of it.

        Asks again for what is missing only. Raises LinkTimeoutError when hardly a byte comes for 10 s, LinkLostError
        when the board restarted and with it the source's content went, ProtocolError for an impossible size.
        """
        if n_bytes is None:
            n_bytes = max(0, self.total_bytes(source, index) - offset)
        if n_bytes > _MAX_READ_BYTES:
            raise ProtocolError(
                f"{self._connection.name}: {source.name} of {n_bytes} bytes, expected at most {_MAX_READ_BYTES}",
                hint="flash the board with this version of tinyhost: tinyhost flash vww",
            )
        reading = _Reading(source=source, index=index, offset=offset, n_bytes=n_bytes)
        restarts, progress = self._session.restarts, TransferProgress(self._connection, n_bytes)
        while reading.gaps:
            self._connection.wait_ready(progress.deadline)
            if self._session.restarts != restarts and source not in _LASTING:
                raise LinkLostError(f"{self._connection.name}: restarted during a READ of {source.name}")
            with contextlib.suppress(InterruptedLinkError):
                self._read_round(reading, progress.attempt)
            late = progress.note(n_bytes - reading.missing_bytes)
            if late is not None:
                n_new = progress.n_new
                raise LinkTimeoutError(
                    f"{self._connection.name}: {n_new or 'no'} byte{'s' * (n_new > 1)} of {source.name} in "
                    f"{late.seconds:g} s ({progress.n_done} of {n_bytes} bytes came)",
                    hint="reset the board; check the cable: tinyhost bench --link",
                )
        return bytes(reading.data)

    def _read_round(self, reading: _Reading, attempt: int) -> None:
        """Ask once for the gaps and take what comes, until all was sent or nothing more comes."""
        chunk_bytes = self._sizer.chunk_bytes
        spans = _merged(reading.gaps, 4 * chunk_bytes + 256)[:_MAX_READS_IN_FLIGHT]
        with Conversation(self._connection) as talk:
            deadline, started = self._connection.deadline(NO_PROGRESS_S), time.monotonic()
            open_reads = {talk.send(MessageType.READ, reading.request(span, chunk_bytes)): span for span in spans}
            is_lossy = chunk_bytes < _MAX_CHUNK_BYTES
            marks = talk.send_marks() if is_lossy else set()
            arrived: dict[int, int] = {}
            n_expected = sum(-(-(end - start) // chunk_bytes) for start, end in spans)
            while open_reads and sum(arrived.values()) <= _MAX_REPEATS * n_expected:
                wait_s = self._connection.wait_s(MessageType.READ, chunk_bytes, attempt)
                frame = talk.receive(wait_s + 2 * chunk_bytes / _SLOWEST_BYTES_PER_S, {*open_reads, *marks}, data=True)
                if frame is None:
                    attempt += 1
                    if not deadline.left_s:
                        break
                    marks |= talk.send_marks()
                    continue
                if frame.seq in marks:
                    self._connection.note_lost(1)
                    break
                if not arrived and attempt == 1:
                    self._connection.timer.learn(MessageType.READ, chunk_bytes, time.monotonic() - started)
                self._take(frame, reading, open_reads, arrived)
        for start, end in spans:
            n_chunks = -(-(end - start) // chunk_bytes)
            n_arrived = min(n_chunks, arrived.get(start, 0))
            self._sizer.learn(arrived=n_arrived, lost=n_chunks - n_arrived, chunk_bytes=chunk_bytes)

    def _take(self, frame: Frame, reading: _Reading, open_reads: dict[int, Span], arrived: dict[int, int]) -> None:
        """Store a DATA event at its place; close the READ that `frame` ends."""
        start, end = open_reads[frame.seq]
        if frame.type == MessageType.ERROR | REPLY_FLAG:
            exc = refusal(self._connection.name, frame.payload)
            self._connection.check_session(exc)
            raise exc
        if frame.type != MessageType.DATA:
            self._check_size(reading, unpacked(ReadReply, frame.payload, self._connection.name))
            arrived.setdefault(start, 0)
            del open_reads[frame.seq]
            return
        header = unpacked(OffsetHeader, frame.payload, self._connection.name)
        place = header.offset - reading.offset
        reading.put(place, frame.payload[OffsetHeader.SIZE :])
        arrived[start] = arrived.get(start, 0) + 1
        if place + len(frame.payload) - OffsetHeader.SIZE >= end:
            del open_reads[frame.seq]

    def _check_size(self, reading: _Reading, reply: ReadReply) -> None:
        end = reading.offset + len(reading.data)
        if reply.total_bytes < end:
            raise UsageError(
                f"{self._connection.name}: READ of {reading.source.name} up to byte {end}, it has {reply.total_bytes}",
                hint="ask for less; without n_bytes, everything is read",
            )


class _Reading:
    """A partly filled buffer and its gaps. Places count from `offset` in the source."""

    def __init__(self, *, source: Source, index: int, offset: int, n_bytes: int) -> None:
        self.source = source
        self.index = index
        self.offset = offset
        self.data = bytearray(n_bytes)
        self.gaps: list[Span] = [(0, n_bytes)] if n_bytes else []

    @property
    def missing_bytes(self) -> int:
        """The number of bytes that have not arrived."""
        return sum(end - start for start, end in self.gaps)

    def request(self, span: Span, chunk_bytes: int) -> bytes:
        """Return the READ request for `span`."""
        start, end = span
        return ReadRequest(
            offset=self.offset + start,
            n_bytes=end - start,
            chunk_bytes=chunk_bytes,
            index=self.index,
            source=self.source,
        ).pack()

    def put(self, place: int, piece: bytes) -> None:
        """Store a piece; bytes outside of the range are ignored."""
        end = place + len(piece)
        if place < 0 or end > len(self.data):
            return
        self.data[place:end] = piece
        gaps: list[Span] = []
        for gap_start, gap_end in self.gaps:
            if end <= gap_start or gap_end <= place:
                gaps.append((gap_start, gap_end))
                continue
            gaps += [(a, b) for a, b in ((gap_start, place), (end, gap_end)) if a < b]
        self.gaps = gaps


def _merged(gaps: list[Span], distance: int) -> list[Span]:
    """Return the gaps, those less than `distance` apart as one: a few bytes twice cost less than a request."""
    merged: list[Span] = []
    for start, end in gaps:
        if merged and start - merged[-1][1] < distance:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged
