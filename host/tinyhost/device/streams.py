"""What a device sends unasked, queued for whoever reads it. Each item that is lost is counted, and where."""

from __future__ import annotations

import struct
import threading
import time
import zlib
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost.device.connection import Connection
from tinyhost.errors import TinyhostError
from tinyhost.protocol.frames import Frame
from tinyhost.protocol.messages import FrameInfo, MessageType, Prediction, StreamHeader, StreamId, StreamRequest

__all__ = ["FrameItem", "PredictionItem", "StreamCounts", "StreamHub", "StreamItem", "Subscription"]

_QUEUE_ITEMS = 256
_WRAP = 2**32


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamCounts:
    """What happened to the items of one stream since it was switched on: received + the rest is what there was."""

    received: int = 0
    device_dropped: int = 0
    """given up by the device, because the host did not read fast enough"""
    link_lost: int = 0
    """sent by the device, and broken on the way"""
    host_dropped: int = 0
    """received, and thrown away because nobody took them from the queue; they count as received too"""


@dataclass(frozen=True, kw_only=True, slots=True)
class PredictionItem:
    """One live prediction."""

    index: int
    timestamp_us: int
    device_dropped: int
    link_lost: int
    host_dropped: int
    prediction: Prediction
    scores: tuple[int, ...]
    """int8 output units, one a class"""
    smoothed: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class FrameItem:
    """One camera frame of a stream."""

    index: int
    timestamp_us: int
    device_dropped: int
    link_lost: int
    host_dropped: int
    frame_index: int
    """counts all captures since the board's start"""
    pixels: NDArray[np.uint8]
    """(height, width), grayscale"""


StreamItem = PredictionItem | FrameItem


class Subscription:
    """Streams that are switched on: an iterator over their items, in the order of arrival."""

    def __init__(self, connection: Connection, streams: Iterable[StreamId], period_ms: int) -> None:
        self.period_ms = period_ms
        self._connection = connection
        self._tracks = {stream: _Track() for stream in streams}
        self._items: deque[StreamItem] = deque()
        self._arrived = threading.Condition()

    @property
    def streams(self) -> tuple[StreamId, ...]:
        """The streams that this subscription is for."""
        return tuple(self._tracks)

    def counts(self, stream: StreamId) -> StreamCounts:
        """Return what happened to a stream's items so far."""
        track = self._tracks[stream]
        return StreamCounts(
            received=track.received,
            device_dropped=track.device_dropped,
            link_lost=track.link_lost,
            host_dropped=track.host_dropped,
        )

    def __iter__(self) -> Subscription:
        return self

    def __next__(self) -> StreamItem:
        """Return the next item, however long it takes; raises what ended the connection."""
        while (item := self.get(1.0)) is None:
            continue
        return item

    def get(self, timeout_s: float) -> StreamItem | None:
        """Return the next item, or None after `timeout_s`; raises what ended the connection."""
        deadline = time.monotonic() + timeout_s
        with self._arrived:
            while not self._items:
                self._connection.check()
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    return None
                self._arrived.wait(min(left_s, 0.2))
            return self._items.popleft()

    def take(self, header: StreamHeader, body: bytes) -> None:
        """Count an item and queue it; the oldest makes room. Raises struct.error or ValueError if it is malformed."""
        stream = StreamId(header.stream)
        track = self._tracks[stream]
        with self._arrived:
            track.count(header)
            if len(self._items) >= _QUEUE_ITEMS:
                gone = self._items.popleft()
                self._tracks[_stream_of(gone)].host_dropped += 1
            self._items.append(_item(stream, header, body, track))
            self._arrived.notify()

    def restarted(self) -> None:
        """Forget where the streams were: they start anew."""
        for track in self._tracks.values():
            track.last = None


class StreamHub:
    """Hands stream events to the subscriptions, and switches streams on again after a reconnection."""

    def __init__(self) -> None:
        self.malformed = 0
        self._subscriptions: list[Subscription] = []
        self._lock = threading.Lock()

    def on_frame(self, frame: Frame) -> None:
        """Take in a STREAM_DATA event; called by the reading thread."""
        try:
            header = StreamHeader.unpack(frame.payload)
            with self._lock:
                takers = [each for each in self._subscriptions if header.stream in each.streams]
            for subscription in takers:
                subscription.take(header, frame.payload[StreamHeader.SIZE :])
        except (struct.error, ValueError):
            self.malformed += 1

    def add(self, subscription: Subscription, connection: Connection) -> None:
        """Switch the subscription's streams on."""
        with self._lock:
            self._subscriptions.append(subscription)
        for stream in subscription.streams:
            _switch(connection, stream, True, subscription.period_ms, gated=True)

    def remove(self, subscription: Subscription, connection: Connection) -> None:
        """Switch off what nobody else wants; an ended connection is off already."""
        with self._lock:
            self._subscriptions.remove(subscription)
            wanted = {stream for each in self._subscriptions for stream in each.streams}
        for stream in subscription.streams:
            if stream not in wanted:
                try:
                    _switch(connection, stream, False, 0, gated=True)
                except TinyhostError:
                    return

    def renew(self, connection: Connection) -> None:
        """Switch on again what a board in a new session has forgotten; called before requests may go on."""
        with self._lock:
            subscriptions = list(self._subscriptions)
        for subscription in subscriptions:
            subscription.restarted()
            for stream in subscription.streams:
                _switch(connection, stream, True, subscription.period_ms, gated=False)


class _Track:
    """Where one stream is, from the indices and drop counts in its headers."""

    def __init__(self) -> None:
        self.last: StreamHeader | None = None
        self.received = 0
        self.device_dropped = 0
        self.link_lost = 0
        self.host_dropped = 0

    def count(self, header: StreamHeader) -> None:
        """Take in the next header. Between two items the device counts what it gave up; the rest broke on the link."""
        self.received += 1
        if self.last is not None:
            missing = (header.index - self.last.index - 1) % _WRAP
            given_up = (header.dropped - self.last.dropped) % _WRAP
            self.device_dropped += given_up
            self.link_lost += max(0, missing - given_up)
        self.last = header


def _switch(connection: Connection, stream: StreamId, on: bool, period_ms: int, *, gated: bool) -> None:
    request = StreamRequest(stream=stream, enable=int(on), period_ms=period_ms)
    connection.request(MessageType.STREAM, request.pack(), gated=gated)


def _stream_of(item: StreamItem) -> StreamId:
    return StreamId.PREDICTIONS if isinstance(item, PredictionItem) else StreamId.CAMERA


def _item(stream: StreamId, header: StreamHeader, body: bytes, track: _Track) -> StreamItem:
    if stream == StreamId.CAMERA:
        return _frame_item(header, body, track)
    prediction = Prediction.unpack(body)
    n = prediction.n_classes
    scores = struct.unpack_from(f"<{2 * n}b", body, Prediction.SIZE)
    return PredictionItem(
        index=header.index,
        timestamp_us=header.timestamp_us,
        device_dropped=track.device_dropped,
        link_lost=track.link_lost,
        host_dropped=track.host_dropped,
        prediction=prediction,
        scores=scores[:n],
        smoothed=scores[n:],
    )


def _frame_item(header: StreamHeader, body: bytes, track: _Track) -> FrameItem:
    info = FrameInfo.unpack(body)
    data = body[FrameInfo.SIZE :]
    if not data or zlib.crc32(data) != info.crc32:
        raise ValueError(f"camera frame {info.index}: no pixels, or a checksum that does not match")
    return FrameItem(
        index=header.index,
        timestamp_us=header.timestamp_us,
        device_dropped=track.device_dropped,
        link_lost=track.link_lost,
        host_dropped=track.host_dropped,
        frame_index=info.index,
        pixels=np.frombuffer(data, np.uint8).reshape(info.height, info.width),
    )
