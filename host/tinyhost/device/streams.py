"""Stream items from a device, queued for their readers. Lost items are counted by the place where they were lost."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from tinyhost.device.connection import Connection
from tinyhost.device.replies import unpacked
from tinyhost.device.stream_items import (
    StreamCounts,
    StreamItem,
    parse_item,
    placed,
    stream_of,
)
from tinyhost.errors import LinkTimeoutError, ProtocolError, TinyhostError
from tinyhost.protocol.frames import Frame
from tinyhost.protocol.messages import MessageType, StreamHeader, StreamId, StreamRequest
from tinyhost.system.wording import counted

__all__ = ["StreamHub", "Subscription"]

_QUEUE_ITEMS = 256
_WRAP = 2**32
_SILENT_S = 30.0


class Subscription:
    """Streams that are switched on: an iterator over their items, in the order of arrival."""

    def __init__(self, connection: Connection, streams: Iterable[StreamId], period_ms: int) -> None:
        self.period_ms = period_ms
        self._connection = connection
        self._tracks = {stream: _Track() for stream in streams}
        self._items: deque[StreamItem] = deque()
        self._n_malformed, self._malformed = 0, ""
        self._arrived = threading.Condition()

    @property
    def streams(self) -> tuple[StreamId, ...]:
        """The streams that this subscription is for."""
        return tuple(self._tracks)

    def counts(self, stream: StreamId) -> StreamCounts:
        """Return what happened to a stream's items so far."""
        with self._arrived:
            return self._tracks[stream].counts()

    def __iter__(self) -> Subscription:
        return self

    def __next__(self) -> StreamItem:
        """Return the next item; raises what ended the connection, LinkTimeoutError if nothing comes for 30 s."""
        deadline = self._connection.deadline(_SILENT_S)
        while left_s := deadline.left_s:
            if (item := self.get(left_s)) is not None:
                return item
        raise self.silence(deadline.seconds)

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

    def silence(self, seconds: float) -> LinkTimeoutError:
        """Return the error for a silent stream, with a count of other items received."""
        names = ", ".join(stream.name for stream in self.streams)
        with self._arrived:
            n_malformed, why = self._n_malformed, self._malformed
        instead = f"; {counted(n_malformed, 'malformed item')} came, the last: {why}" if n_malformed else ""
        return LinkTimeoutError(
            f"{self._connection.name}: nothing arrived on the stream {names} for {seconds:.3g} s, though it is "
            f"on{instead}",
            hint="tinyhost monitor shows the board's messages; if a reset does not help, flash it again",
        )

    def note_malformed(self, why: str) -> None:
        """Count an item that cannot be read."""
        with self._arrived:
            self._n_malformed += 1
            self._malformed = why

    def take(self, header: StreamHeader, item: StreamItem) -> None:
        """Count an item and queue it; the oldest makes room."""
        track = self._tracks[StreamId(header.stream)]
        with self._arrived:
            track.count(header)
            if len(self._items) >= _QUEUE_ITEMS:
                gone = self._items.popleft()
                self._tracks[stream_of(gone)].host_dropped += 1
            self._items.append(placed(item, track.counts()))
            self._arrived.notify()

    def note(self, stream: StreamId, header: StreamHeader) -> None:
        """Process the device's position from its reply to STREAM: items missing up to there were lost."""
        with self._arrived:
            self._tracks[stream].note(header)

    def restarted(self) -> None:
        """Note that the board restarted: its counts begin at 0 again."""
        with self._arrived:
            for track in self._tracks.values():
                track.restart()


class StreamHub:
    """Hands stream events to the subscriptions, and switches streams on again after a reconnection."""

    def __init__(self) -> None:
        self.malformed = 0
        self._boots = 0
        self._subscriptions: list[Subscription] = []
        self._lock = threading.Lock()

    def on_frame(self, frame: Frame) -> None:
        """Take in a STREAM_DATA event; called by the reading thread."""
        takers: list[Subscription] = []
        try:
            header = unpacked(StreamHeader, frame.payload, "a stream")
            with self._lock:
                takers = [each for each in self._subscriptions if header.stream in each.streams]
            if not takers:
                return
            item = parse_item(header, frame.payload[StreamHeader.SIZE :])
        except ProtocolError as exc:
            self.malformed += 1
            for subscription in takers:
                subscription.note_malformed(exc.message)
            return
        for subscription in takers:
            subscription.take(header, item)

    def add(self, subscription: Subscription, connection: Connection) -> None:
        """Switch the subscription's streams on."""
        with self._lock:
            self._subscriptions.append(subscription)
        self._switch(subscription, connection, gated=True)

    def remove(self, subscription: Subscription, connection: Connection) -> None:
        """Switch off streams that no other subscription has, and count the items lost at the end."""
        try:
            with contextlib.suppress(TinyhostError):
                self._switch(subscription, connection, gated=True, leaving=subscription)
        finally:
            with self._lock:
                self._subscriptions.remove(subscription)

    def renew(self, connection: Connection, boots: int) -> None:
        """Switch on again what a board in a new session has forgotten; called before requests may go on.

        boots: how often the board has restarted.
        """
        with self._lock:
            subscriptions = list(self._subscriptions)
        restarted, self._boots = boots != self._boots, boots
        for subscription in subscriptions if restarted else ():
            subscription.restarted()
        for subscription in subscriptions:
            self._switch(subscription, connection, gated=False)

    def _switch(
        self, subscription: Subscription, connection: Connection, *, gated: bool, leaving: Subscription | None = None
    ) -> None:
        """Have the device send this subscription's streams, at the shortest period that any subscription asks for."""
        for stream in subscription.streams:
            with self._lock:
                wanted = [each for each in self._subscriptions if stream in each.streams and each is not leaving]
            period_ms = min((each.period_ms for each in wanted), default=0)
            request = StreamRequest(stream=stream, enable=int(bool(wanted)), period_ms=period_ms)
            reply = connection.request(MessageType.STREAM, request.pack(), gated=gated)
            subscription.note(stream, unpacked(StreamHeader, reply, connection.name))


class _Track:
    """The position of one stream, from the indices and drop counts in its headers."""

    def __init__(self) -> None:
        self.host_dropped = 0
        self._received = 0
        self._device_dropped = 0
        self._link_lost = 0
        self._restarts = 0
        self._next: StreamHeader | None = None
        """of what is expected next, if the device has said so or sent an item"""
        self._early: StreamHeader | None = None
        """of the first item, if it was seen before the reply to STREAM"""

    def counts(self) -> StreamCounts:
        """Return the counts up to now."""
        return StreamCounts(
            received=self._received,
            device_dropped=self._device_dropped,
            link_lost=self._link_lost,
            host_dropped=self.host_dropped,
            restarts=self._restarts,
        )

    def count(self, header: StreamHeader) -> None:
        """Process the next item's header."""
        if self._next is None:
            self._early = header
        else:
            self._miss(self._next, header)
        self._received += 1
        self._next = replace(header, index=(header.index + 1) % _WRAP)

    def note(self, header: StreamHeader) -> None:
        """Take in what the device says the next item will be."""
        if self._early is not None:
            self._miss(header, self._early)
            self._early = None
        elif self._next is None or (header.index - self._next.index) % _WRAP < _WRAP // 2:
            self._miss(self._next or header, header)
            self._next = header

    def restart(self) -> None:
        """Note that the device counts from 0 again."""
        self._next = self._early = None
        self._restarts += 1

    def _miss(self, expected: StreamHeader, came: StreamHeader) -> None:
        """Count the items missing between two headers: the device reports those it dropped, the link lost the rest."""
        missing = (came.index - expected.index) % _WRAP
        given_up = (came.dropped - expected.dropped) % _WRAP
        self._device_dropped += given_up
        self._link_lost += max(0, missing - given_up)
