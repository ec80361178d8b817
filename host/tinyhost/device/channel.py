"""Frames over one link at a time. A thread reads and dispatches them; links are attached and detached."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from queue import SimpleQueue

from tinyhost.device.timing import Deadline
from tinyhost.errors import LinkError, LinkLostError, LinkTimeoutError, TinyhostError
from tinyhost.link import Link
from tinyhost.protocol.frames import BadFrame, Frame, FrameDecoder, LogText, encode_frame
from tinyhost.protocol.messages import LogHeader, LogLevel, MessageType
from tinyhost.protocol.text import printable_lines

__all__ = ["Channel", "Counters", "InterruptedLinkError"]

_READ_BYTES = 65_536
_READ_TIMEOUT_S = 0.05
_LOSSY_S = 2.0


class InterruptedLinkError(LinkError):
    """The link went away; wait_ready() tells when it is back. Never leaves this package."""


@dataclass(slots=True)
class Counters:
    """Traffic over the link so far."""

    frames: int = 0
    bad_frames: int = 0
    log_bytes: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    retries: int = 0
    strays: int = 0
    """frames that match no request"""


class Channel:
    """Frames to and from a board. Its links come and go (attach, detach); requests outlive them."""

    def __init__(
        self,
        *,
        on_stream: Callable[[Frame], None],
        on_text: Callable[[LogText], None],
        on_lost: Callable[[], None],
    ) -> None:
        self.name = ""
        self.counters = Counters()
        self.last_sent_s = 0.0
        self._lossy_s = -_LOSSY_S
        self._on_stream = on_stream
        self._on_text = on_text
        self._on_lost = on_lost
        self._lock = threading.Lock()
        self._write_lock = threading.Lock()
        self._waiting: dict[int, SimpleQueue[Frame | None]] = {}
        self._seq = secrets.randbits(16)  # not the first number of an earlier host, whose last replies may still arrive
        self._link: Link | None = None
        self._reader: threading.Thread | None = None
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._failure: TinyhostError | None = None

    def attach(self, link: Link) -> None:
        """Start to read from `link`."""
        self.name = link.name
        self._link = link
        self._stop = threading.Event()
        self._reader = threading.Thread(
            target=self._read, args=(link, self._stop), name=f"read {link.name}", daemon=True
        )
        self._reader.start()

    def detach(self) -> None:
        """Stop reading and close the link, if there is one."""
        self.interrupt()
        link, self._link = self._link, None
        self._stop.set()
        if self._reader is not None:
            if self._reader.is_alive():  # an exception may have come before the thread had started
                self._reader.join()
            self._reader = None
        if link is not None:
            try:
                link.close()
            except LinkError:
                return  # it was already lost

    @property
    def attached(self) -> bool:
        """Whether a link is attached and has not been lost."""
        return self._link is not None

    @property
    def ready(self) -> bool:
        """Whether requests may go out."""
        return self._ready.is_set()

    @property
    def busy(self) -> bool:
        """Whether a request waits for its reply."""
        return bool(self._waiting)

    def note_loss(self) -> None:
        """Note that data was lost or corrupted on the link."""
        self._lossy_s = time.monotonic()

    @property
    def lossy(self) -> bool:
        """Whether data was lost or corrupted on the link lately."""
        return time.monotonic() - self._lossy_s < _LOSSY_S

    def interrupt(self) -> None:
        """Hold all requests back until resume(), and interrupt those that wait for a reply."""
        self._ready.clear()
        with self._lock:
            queues = set(self._waiting.values())
        for queue in queues:
            queue.put(None)

    def resume(self) -> None:
        """Let requests continue."""
        self._ready.set()

    def fail(self, error: TinyhostError) -> None:
        """Make every request, also those that wait, raise `error` from now on."""
        self._failure = error
        self._ready.set()
        with self._lock:
            queues = set(self._waiting.values())
        for queue in queues:
            queue.put(None)

    def check(self) -> None:
        """Raise the error that ended this connection, if one did."""
        if self._failure is not None:
            raise self._failure

    def wait_ready(self, deadline: Deadline | None = None) -> None:
        """Wait until requests may go out; raises what ended the connection, LinkTimeoutError after the deadline.

        Without a deadline, the session's keeper ends the waiting.
        """
        began_s = time.monotonic()
        is_ready = self._ready.wait(deadline.longest_s if deadline else None)
        if deadline:
            deadline.was_away(time.monotonic() - began_s)
        self.check()
        if not is_ready:
            raise LinkTimeoutError(
                f"{self.name}: the board was disconnected for {time.monotonic() - began_s:.1f} s, and keeps "
                f"disconnecting",
                hint="check the cable and power: the board restarts again and again",
            )

    def _read(self, link: Link, stop: threading.Event) -> None:
        decoder = FrameDecoder()
        while not stop.is_set():
            try:
                data = link.read(_READ_BYTES, _READ_TIMEOUT_S)
            except LinkError:
                self._lost(link)
                return
            self.counters.bytes_in += len(data)
            for item in decoder.feed(data):
                self._dispatch(item)

    def _lost(self, link: Link) -> None:
        if self._link is link:
            self._link = None
            self.interrupt()
            self._on_lost()
            try:
                link.close()
            except LinkError:
                return

    def _dispatch(self, item: Frame | LogText | BadFrame) -> None:
        if isinstance(item, BadFrame):
            self.counters.bad_frames += 1
            self.note_loss()
        elif isinstance(item, LogText):
            self.counters.log_bytes += len(item.text)
            self._say(item)
        else:
            self.counters.frames += 1
            if item.type == MessageType.STREAM_DATA:
                self._on_stream(item)
            elif item.type == MessageType.LOG:
                self._say(_log_text(item.payload))
            elif (queue := self._waiting.get(item.seq)) is not None:
                queue.put(item)
            else:
                self.counters.strays += 1

    def _say(self, text: LogText) -> None:
        """Pass text on line by line, so that each line can be shown as the board's."""
        for line in printable_lines(text.text):
            self._on_text(replace(text, text=line))

    def send(self, message_type: int, seq: int, payload: bytes) -> None:
        """Put one frame on the link; raises InterruptedLinkError if there is none."""
        data = encode_frame(message_type, seq, payload)
        link = self._link
        if link is None:
            raise InterruptedLinkError(f"{self.name}: the port is gone")
        with self._write_lock:
            try:
                link.write(data)
            except LinkLostError as exc:
                self._lost(link)
                raise InterruptedLinkError(exc.message) from exc
            except LinkTimeoutError:
                return  # handled as lost in transit: the waiting request is sent again
        self.counters.bytes_out += len(data)
        self.last_sent_s = time.monotonic()

    def number(self, queue: SimpleQueue[Frame | None]) -> int:
        """Return a sequence number whose replies go to `queue`."""
        with self._lock:
            while True:
                self._seq = (self._seq + 1) & 0xFFFF
                if self._seq not in self._waiting:
                    self._waiting[self._seq] = queue
                    return self._seq

    def forget(self, seqs: list[int]) -> None:
        """Drop further replies to these requests."""
        with self._lock:
            for seq in seqs:
                self._waiting.pop(seq, None)


def _log_text(payload: bytes) -> LogText:
    level = payload[0] if payload else LogLevel.INFO
    text = payload[LogHeader.SIZE :].decode("utf-8", "replace").rstrip("\0")
    return LogText(text=text, level=LogLevel(level) if level in LogLevel.__members__.values() else LogLevel.INFO)
