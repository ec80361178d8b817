"""A session with a board: opened by HELLO, kept alive, and resumed when the port vanishes and returns."""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from tinyhost.device.boots import Boots
from tinyhost.device.connection import Connection, InterruptedLinkError
from tinyhost.device.replies import as_board_knows, unpacked
from tinyhost.errors import (
    BoardNotFoundError,
    DeviceError,
    LinkError,
    LinkLostError,
    LinkTimeoutError,
    ProtocolError,
    RouteLostError,
    TinyhostError,
    VersionMismatchError,
)
from tinyhost.link import Link
from tinyhost.link.faults import Faults, FaultyLink
from tinyhost.protocol.frames import Frame, LogText
from tinyhost.protocol.messages import (
    HELLO_MAGIC,
    PING_PERIOD_MS,
    PROTOCOL_VERSION,
    PROTOCOL_VERSION_MIN,
    HelloReply,
    HelloRequest,
    InfoReply,
    MessageType,
    PingReply,
    PingRequest,
    ResetMode,
    ResetRequest,
)
from tinyhost.protocol.status import Status

if TYPE_CHECKING:
    from tinyhost.boards.base import PoweredBoard

__all__ = ["Session"]

_GREET_S = 15.0
_REGREET_S = 5.0
_RECONNECT_S = 15.0
_RECONNECT_PERIOD_S = 0.05
_PING_PERIOD_S = PING_PERIOD_MS / 1000
_SILENCE_S = 10.0  # a board answers only after a running inference, which may take seconds
_RESETS = 5
_RESET_S = 2.0
_BYE_S = 0.3
_EARLY_LINES = 8
_LOST_HINT = "plug the board in again; tinyhost boards shows the boards"


class Session:
    """Keeps `connection` in session with `board`; its thread greets, pings and reconnects."""

    def __init__(
        self,
        board: PoweredBoard,
        *,
        faults: Faults | None,
        fault_seed: int,
        on_stream: Callable[[Frame], None],
        on_text: Callable[[LogText], None],
        on_renewed: Callable[[], None],
        greet_s: float | None = None,
        patience: float,
    ) -> None:
        self._greet_s = greet_s or _GREET_S
        self.info = InfoReply()
        self.reconnects = 0
        self.restarts = 0
        """number of sessions that the board lost, by a restart or a timeout: its state for us may be gone"""
        self.boots = 0
        """number of restarts"""
        self.device_dropped = 0
        self._board = board
        self._faults = faults
        self._fault_seed = fault_seed
        self._on_renewed = on_renewed
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._stale = False
        self._boots = Boots()
        self._forgotten = False
        self._on_text = on_text
        self._early_text: deque[LogText] = deque(maxlen=_EARLY_LINES)
        self._greeted = False
        self.connection = Connection(
            patience=patience,
            now_s=board.board.now_s,
            on_stream=on_stream,
            on_text=self._take_text,
            on_lost=self._wake.set,
            on_session_lost=self._lost_session,
        )
        self._keeper = threading.Thread(target=self._keep, name="keep session", daemon=True)

    def open(self) -> None:
        """Open the link, greet the board and start to keep the session."""
        try:
            self._connect()
        except BaseException:
            self.connection.detach()
            raise
        self._keeper.start()

    def close(self) -> None:
        """Say BYE if the board still listens; stop the threads and release the port."""
        self._closing.set()
        self._wake.set()
        if self._keeper.is_alive():
            if not self.connection.ready:
                self.connection.fail(LinkLostError(f"{self.connection.name}: closed while the board was disconnected"))
            self._keeper.join()
        with contextlib.suppress(TinyhostError):
            self.connection.check()
            if self.connection.attached:
                self.connection.request(MessageType.BYE, deadline_s=_BYE_S, gated=False)
        self.connection.fail(LinkLostError(f"{self.connection.name}: the session is closed"))
        self.connection.detach()

    def ping(self, *, gated: bool = True, deadline_s: float = _GREET_S) -> PingReply:
        """Return the board's clock and link counters."""
        payload, asked_s = PingRequest(token=secrets.randbits(32)).pack(), time.monotonic()
        data = self.connection.request(MessageType.PING, payload, gated=gated, deadline_s=deadline_s)
        return self._pinged(data, asked_s)

    def _pinged(self, data: bytes, asked_s: float) -> PingReply:
        reply = unpacked(PingReply, data, self.connection.name)
        self.device_dropped = reply.tx_dropped
        if self._boots.has_restarted(reply, asked_s, where=self.connection.name):
            self.boots += 1
            self.restarts += not self._forgotten
        self._forgotten = False
        return reply

    def renew(self) -> None:
        """Hold requests back and greet the board again, after or before a restart."""
        self._stale = True
        self.connection.interrupt()
        self._wake.set()

    def reset(self, mode: ResetMode) -> None:
        """Restart the board. A lost reply is no harm: it is greeted again, and restarted again if it had not heard.

        A new start alone proves nothing, if it is a clock that tells it: the board must also have said yes, or have
        gone away, or have forgotten us.
        """
        has_numbers = self.ping().boot != 0
        boots, taken = self.boots, False
        for attempt in range(1, _RESETS + 1):
            taken |= self._ask_to_reset(mode, attempt)
            if mode == ResetMode.BOOTLOADER and taken:
                self.connection.fail(LinkLostError(f"{self.connection.name}: in its bootloader"))
                return
            self.renew()
            self.connection.wait_ready()
            if (taken or has_numbers) and self.boots != boots:
                return
        how = "it accepted the request but keeps running" if taken else "no reply to RESET"
        raise LinkTimeoutError(
            f"{self.connection.name}: did not restart, asked {_RESETS} times ({how})", hint="press its reset button"
        )

    def _ask_to_reset(self, mode: ResetMode, attempt: int) -> bool:
        """Return whether the board accepted the request: it replied so, or its link or session is gone."""
        try:
            payload = ResetRequest(mode=mode).pack()
            reply = self.connection.try_request(MessageType.RESET, payload, attempt=attempt, deadline_s=_RESET_S)
        except InterruptedLinkError:
            return True
        except LinkTimeoutError:
            return False
        return reply is not None

    def _lost_session(self) -> None:
        """Handle the refusal of a PING: the board restarted or timed out; its next reply will tell."""
        self.restarts += 1
        self._forgotten = True
        self.renew()

    # Greeting

    def _connect(self) -> None:
        """Open the link if it is closed, and greet the board; tries again for a while, except at first."""
        first, deadline = not self.connection.name, self.connection.deadline(_RECONNECT_S)
        while True:
            try:
                if not self.connection.attached:
                    self.connection.detach()
                    self.connection.attach(self._open_link())
                self._greet(self._greet_s if first else _REGREET_S)
                self._on_renewed()
            except (LinkError, BoardNotFoundError) as exc:
                vanished = isinstance(exc, LinkLostError) and self.connection.name
                hopeless = isinstance(exc, RouteLostError) or (first and not vanished)
                if hopeless or self._closing.is_set() or not deadline.left_s:
                    raise
                self.connection.detach()
                time.sleep(_RECONNECT_PERIOD_S)
            else:
                break
        self._stale = False
        self._greeted = True
        self.connection.resume()

    def _take_text(self, text: LogText) -> None:
        """Pass text on. Text before the greeting is meant for a terminal and is not logged."""
        if self._greeted:
            self._on_text(text)
        else:
            self._early_text.append(text)

    def _open_link(self) -> Link:
        link = self._board.open_link()
        if self._faults is None:
            return link
        self._fault_seed += 1
        return FaultyLink(link, self._faults, self._fault_seed)

    def _greet(self, deadline_s: float) -> None:
        session, oldest, newest = secrets.randbits(32), PROTOCOL_VERSION_MIN, PROTOCOL_VERSION
        hello = HelloRequest(magic=HELLO_MAGIC, version_min=oldest, version_max=newest, session=session)
        name = self.connection.name
        bytes_before = self.connection.counters.bytes_in
        try:
            data = self.connection.request(MessageType.HELLO, hello.pack(), deadline_s=deadline_s, gated=False)
        except LinkTimeoutError as exc:
            n_bytes, waited_s = self.connection.counters.bytes_in - bytes_before, deadline_s * self.connection.patience
            prints = f"; it prints: {self._early_text[-1].text!r}" if self._early_text else ""
            raise LinkTimeoutError(
                f"{name}: no HELLO reply in {waited_s:g} s ({n_bytes} bytes of something else came{prints})",
                hint="reset the board (double-tap enters the bootloader), or put firmware on it: tinyhost flash vww",
            ) from exc
        reply = unpacked(HelloReply, data, name)
        if reply.magic != HELLO_MAGIC or reply.session != session:
            raise ProtocolError(f"{name}: a HELLO reply for another session", hint="run the command again")
        if not oldest <= reply.version <= newest:
            raise VersionMismatchError(
                f"{name}: the firmware speaks protocol versions {reply.version_min} to {reply.version_max}, this "
                f"tinyhost {oldest} to {newest}",
                hint="flash the board with this version of tinyhost: tinyhost flash vww",
            )
        try:
            self._identify()
        except DeviceError as exc:
            if exc.status == Status.BAD_STATE:
                raise LinkLostError(f"{name}: it restarted or ended the session while connecting") from exc
            raise

    def _identify(self) -> None:
        data = self.connection.request(MessageType.INFO, deadline_s=_GREET_S, gated=False)
        info = unpacked(InfoReply, data, self.connection.name)
        if self.info.unique_id and info.unique_id != self.info.unique_id:
            ids = f"expected {self.info.unique_id}, got {info.unique_id}"
            raise LinkLostError(f"{self.connection.name}: a different board came back: {ids}", hint=_LOST_HINT)
        self.info = as_board_knows(info, self._board.board)
        self.ping(gated=False)

    # Keeping

    def _keep(self) -> None:
        while not self._closing.is_set():
            self._wake.wait(_PING_PERIOD_S / 2)
            self._wake.clear()
            if self._closing.is_set():
                return
            if self._stale or not self.connection.attached:
                try:
                    self._take_up_again()
                except TinyhostError as exc:
                    self.connection.fail(self._given_up(exc))
                    return
            elif not self.connection.busy and time.monotonic() - self.connection.last_sent_s >= _PING_PERIOD_S:
                self._keep_alive()

    def _take_up_again(self) -> None:
        self.reconnects += 1
        self.connection.interrupt()
        self._connect()

    def _given_up(self, exc: TinyhostError) -> TinyhostError:
        if not isinstance(exc, (LinkError, BoardNotFoundError)):
            return exc
        waited_s = _RECONNECT_S * self.connection.patience
        return LinkLostError(
            f"{self.connection.name}: lost, and not back within {waited_s:g} s ({exc.message})",
            hint=exc.hint or _LOST_HINT,
        )

    def _keep_alive(self) -> None:
        """Ping; greet again a board that restarted or does not answer."""
        restarts, asked_s = self.restarts, time.monotonic()
        payload = PingRequest(token=secrets.randbits(32)).pack()
        data: bytes | None = None
        try:  # not gated: another thread may hold requests back right now, and waits for this one to greet
            data = self.connection.try_request(MessageType.PING, payload, deadline_s=_SILENCE_S, gated=False)
        except InterruptedLinkError:
            return
        except TinyhostError:
            data = None
        if data is not None:
            try:
                self._pinged(data, asked_s)
            except ProtocolError as exc:
                self.connection.fail(exc)
                return
        if self.restarts != restarts or (data is None and not self.connection.busy):
            self.renew()
