"""Requests and replies: numbered, matched, sent again until a deadline."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any

from tinyhost.device.channel import Channel, InterruptedLinkError
from tinyhost.device.refusals import refusal
from tinyhost.device.timing import Deadline, ReplyTimer
from tinyhost.errors import DeviceError, LinkLostError, LinkTimeoutError
from tinyhost.protocol.frames import Frame
from tinyhost.protocol.messages import REPLY_FLAG, MessageType, PingRequest
from tinyhost.protocol.status import Status
from tinyhost.system.wording import counted

__all__ = ["Connection", "Conversation", "InterruptedLinkError"]

_LOG = logging.getLogger(__name__)
_DEFAULT_DEADLINE_S = 10.0
_SLOW_DEADLINE_S = 120.0
_PING = PingRequest().pack()
_MARKS = 3
# After so many losses, with the PINGs behind it answered, the board is taken not to answer this request at all.
_MAX_LOSSES = 500
_SURE_LOSSES = 8


class Connection(Channel):
    """Requests to a board; they survive the loss of a link."""

    def __init__(
        self, *, patience: float, now_s: Callable[[], float], on_session_lost: Callable[[], None], **callbacks: Any
    ) -> None:
        super().__init__(**callbacks)
        self.patience = patience
        """factor for every deadline"""
        self._now_s = now_s
        self.timer = ReplyTimer()
        self._on_session_lost = on_session_lost

    def deadline(self, seconds: float = _DEFAULT_DEADLINE_S) -> Deadline:
        """Return a deadline that starts now."""
        return Deadline(seconds, patience=self.patience, now_s=self._now_s)

    def request(
        self,
        message_type: MessageType,
        payload: bytes = b"",
        *,
        deadline_s: float = _DEFAULT_DEADLINE_S,
        slow: bool = False,
        gated: bool = True,
    ) -> bytes:
        """Return the reply's payload; sends again until `deadline_s`, also on a link that went away and came back.

        A late reply is first probed for, by a PING or a read-only request under a new number: boards answer in order,
        so a probe's reply before the request's proves a loss. A busy board thus costs no retries, and no work is
        repeated in vain.

        slow: the work may take long; on a link that loses much the probes go out at once.
        gated: wait until the session is open.
        Raises DeviceError, LinkTimeoutError, LinkLostError.
        """
        deadline, began_s = self.deadline(deadline_s), time.monotonic()
        while True:
            if gated:
                self.wait_ready(deadline)
            try:
                with Conversation(self) as talk:
                    reply = self._ask(talk, message_type, payload, deadline, slow=slow)
            except InterruptedLinkError as exc:
                if not gated:
                    raise LinkLostError(exc.message) from exc
                deadline.interruptions += 1
            except DeviceError as exc:
                if not gated or not self._session_is_lost(exc):
                    raise
            else:
                if reply is not None:
                    took_ms = (time.monotonic() - began_s) * 1000
                    _LOG.debug("%s: %d B out, %d B in, %.1f ms", message_type.name, len(payload), len(reply), took_ms)
                    return reply

    def try_request(
        self,
        message_type: MessageType,
        payload: bytes = b"",
        *,
        attempt: int = 1,
        slow: bool = False,
        deadline_s: float = _SLOW_DEADLINE_S,
        gated: bool = True,
    ) -> bytes | None:
        """Return the reply's payload, or None if it or the request was lost; acts once.

        attempt: which try this is for the caller; later ones wait longer. gated: wait until the session is open.
        Raises DeviceError, LinkTimeoutError, and InterruptedLinkError when the link is lost.
        """
        if gated:
            self.wait_ready()
        try:
            with Conversation(self) as talk:
                deadline = self.deadline(deadline_s)
                return self._ask(talk, message_type, payload, deadline, slow=slow, once=True, attempt=attempt)
        except DeviceError as exc:
            self.check_session(exc)
            raise

    def check_session(self, exc: DeviceError) -> None:
        """Raise InterruptedLinkError if `exc` is the refusal of a board that forgot its session."""
        if self._session_is_lost(exc):
            raise InterruptedLinkError(f"{self.name}: the session was lost") from exc

    def _session_is_lost(self, exc: DeviceError) -> bool:
        """Return whether a refusal is due to a board that forgot its session; it is greeted again then.

        Without a session a board refuses even PING, because it restarted or heard nothing for too long.
        """
        if exc.status != Status.BAD_STATE:
            return False
        try:
            self.request(MessageType.PING, _PING, gated=False)
        except DeviceError:
            self._on_session_lost()
            return True
        return False

    def _ask(
        self,
        talk: Conversation,
        message_type: MessageType,
        payload: bytes,
        deadline: Deadline,
        *,
        slow: bool,
        once: bool = False,
        attempt: int = 1,
    ) -> bytes | None:
        strays_before, losses = self.counters.strays, _Losses(self)
        sent = {talk.send(message_type, payload): time.monotonic()}
        probes = talk.send_marks() if slow and self.lossy else set()
        while (left_s := deadline.left_s) and not losses.are_no_losses:
            timeout = self.wait_s(message_type, len(payload), attempt)
            frame = talk.receive(min(timeout, left_s), {*sent, *probes})
            if frame is None:
                attempt += 1
                if self.timer.is_quick(message_type):
                    sent[talk.send(message_type, payload)] = time.monotonic()
                else:
                    probes |= talk.send_marks()
            elif frame.seq in sent:
                self.note_lost(list(sent).index(frame.seq))
                if sent[frame.seq]:
                    self.timer.learn(message_type, len(payload), time.monotonic() - sent[frame.seq])
                return self._checked(frame)
            else:
                self.note_lost(1)
                if once:
                    return None
                losses.note()
                for seq in sent:
                    sent[seq] = 0.0
                    talk.resend(seq, message_type, payload)
                probes = talk.send_marks()
        how = f"{max(attempt, losses.count)} attempts"
        if losses.are_no_losses:
            how += ", although it answers PING"
        if n_strays := self.counters.strays - strays_before:
            how += f", and {counted(n_strays, 'frame')} came that match no request"
        if deadline.interruptions:
            how += f"; it restarted or was disconnected {counted(deadline.interruptions, 'time')} meanwhile"
        raise LinkTimeoutError(
            f"{self.name}: no reply to {message_type.name} in {deadline.seconds - deadline.left_s:.3g} s ({how})",
            hint="reset the board; if that does not help, flash it again: tinyhost flash vww",
        )

    def wait_s(self, message_type: MessageType, n_bytes: int, attempt: int = 1) -> float:
        """Return how long to wait for a reply before probing for it."""
        return self.timer.timeout_s(message_type, n_bytes, attempt, calm=not self.lossy)

    def note_lost(self, n_lost: int) -> None:
        """Count lost requests: boards answer in order, and a later one was answered."""
        if n_lost:
            self.counters.retries += n_lost
            self.note_loss()

    def _checked(self, frame: Frame) -> bytes:
        """Return the payload of a reply; raises DeviceError if it is a refusal."""
        if frame.type == MessageType.ERROR | REPLY_FLAG:
            raise refusal(self.name, frame.payload)
        return frame.payload


class _Losses:
    """The losses of a request that are proved by replies to the PINGs behind it."""

    def __init__(self, connection: Connection) -> None:
        self.count = 0
        self.are_no_losses = False
        """whether there are so many that the board must be ignoring the request"""
        self._connection = connection
        self._deadline: Deadline | None = None

    def note(self) -> None:
        """Count one more."""
        self.count += 1
        self._deadline = self._deadline or self._connection.deadline()
        is_late = self.count >= _SURE_LOSSES and not self._deadline.left_s
        self.are_no_losses = self.count >= _MAX_LOSSES or is_late


class Conversation:
    """A sequence of requests, with their replies in one queue, in order."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._queue: SimpleQueue[Frame | None] = SimpleQueue()
        self._types: dict[int, int] = {}
        """sequence number of each request: its type"""

    def __enter__(self) -> Conversation:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.forget(list(self._types))

    def send(self, message_type: int, payload: bytes) -> int:
        """Send a new request; returns its number."""
        seq = self._connection.number(self._queue)
        self._types[seq] = message_type
        self._connection.send(message_type, seq, payload)
        return seq

    def send_marks(self) -> set[int]:
        """Send PINGs behind all other requests; returns their numbers.

        Boards answer in order, so a PING's reply says that nothing more comes to the requests before it.
        """
        return {self.send(MessageType.PING, _PING) for _ in range(_MARKS)}

    def resend(self, seq: int, message_type: int, payload: bytes) -> None:
        """Send a request again under its old number."""
        self._connection.send(message_type, seq, payload)

    def receive(self, timeout_s: float, seqs: set[int], *, data: bool = False) -> Frame | None:
        """Return the next reply to one of `seqs`, or with `data` the next DATA event too; None after `timeout_s`.

        Raises InterruptedLinkError when the link went away, or what ended the connection.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                frame = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                return None
            if frame is None:
                self._connection.check()
                raise InterruptedLinkError(f"{self._connection.name}: the port is gone")
            if frame.seq in seqs and self._answers(frame, data):
                return frame
            self._connection.counters.strays += 1
            if time.monotonic() >= deadline:  # a board that sends unrequested frames must not keep us here
                return None

    def _answers(self, frame: Frame, data: bool) -> bool:
        """Return whether a frame's type is a valid reply to the request of its number."""
        expected = self._types[frame.seq] | REPLY_FLAG
        return frame.type in (expected, MessageType.ERROR | REPLY_FLAG) or (data and frame.type == MessageType.DATA)
