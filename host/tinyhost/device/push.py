"""Upload of a model image to a slot: resumed if interrupted, skipped if already there, verified before activation."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

from tinyhost.device.connection import InterruptedLinkError
from tinyhost.device.replies import unpacked, unpacked_list
from tinyhost.device.session import Session
from tinyhost.device.writing import WriteProgress, Writer
from tinyhost.errors import DeviceError, LinkTimeoutError, ProtocolError
from tinyhost.protocol.messages import (
    MessageType,
    ModelBeginReply,
    ModelBeginRequest,
    OffsetHeader,
    SlotInfo,
    SlotState,
)
from tinyhost.protocol.status import Status

__all__ = ["Progress", "PushDocument", "PushResult", "Pusher"]

Progress = Callable[[int, int], None]
"""Called with the bytes that are done, and all bytes."""

_MAX_BEGINS = 20
_BEGIN_S = 30.0
_COMMIT_S = 120.0


@dataclass(frozen=True, kw_only=True, slots=True)
class PushResult:
    """The result of a push."""

    slot: int
    """slot that holds the model"""
    name: str
    """name of the model"""
    skipped: bool
    """whether the board already had this image, so that it was only activated"""
    image_bytes: int
    """size of the model image"""
    resumed_at: int
    """offset of the first byte sent; more than 0 if an interrupted push was resumed"""
    bytes_sent: int
    """bytes of the image that were sent, including repetitions"""
    seconds: float
    retries: int
    """number of requests sent again"""


@dataclass(frozen=True, kw_only=True)
class _PushHead:
    schema: str
    board: str
    """as `--board` takes it"""


@dataclass(frozen=True, kw_only=True)
class PushDocument(PushResult, _PushHead):
    """`tinyhost push FILE --json FILE`."""

    schema: Literal["tinyhost.push/1"] = "tinyhost.push/1"

    @classmethod
    def of(cls, board: str, result: PushResult) -> PushDocument:
        """Return the document of a push to a board."""
        return cls(board=board, **asdict(result))


class Pusher:
    """Model slots over one session."""

    def __init__(self, session: Session, writer: Writer) -> None:
        self._session = session
        self._connection = session.connection
        self._writer = writer
        self._bytes_sent = 0

    def slots(self) -> list[SlotInfo]:
        """Return what each model slot holds."""
        data = self._connection.request(MessageType.MODEL_LIST)
        slots = unpacked_list(SlotInfo, data, self._connection.name)
        for info in slots:
            if info.state not in SlotState.__members__.values() or info.status not in Status.__members__.values():
                raise ProtocolError(
                    f"{self._connection.name}: slot {info.slot} in state {info.state} with status {info.status}, "
                    "which this version of tinyhost does not know",
                    hint="flash the board with this version of tinyhost: tinyhost flash vww",
                )
        return slots

    def push(self, image: bytes, *, force: bool, progress: Progress | None) -> PushResult:
        """Put `image` into a slot and make it active, if the device takes it.

        force: write it even if a slot has it. Raises DeviceError, LinkError.
        """
        started_s, retries = time.monotonic(), self._connection.counters.retries
        self._bytes_sent = 0
        first, info = self._put(image, force, progress or _ignore)
        return PushResult(
            slot=info.slot,
            name=info.name,
            skipped=bool(first.present),
            image_bytes=len(image),
            resumed_at=0 if first.present else first.offset,
            bytes_sent=self._bytes_sent,
            seconds=time.monotonic() - started_s,
            retries=self._connection.counters.retries - retries,
        )

    def _put(self, image: bytes, force: bool, progress: Progress) -> tuple[ModelBeginReply, SlotInfo]:
        """Begin, write and commit; begin again when the board has restarted meanwhile."""
        sha256 = hashlib.sha256(image).digest()
        first: ModelBeginReply | None = None
        for _ in range(_MAX_BEGINS):
            restarts = self._session.restarts
            try:
                begin = self._begin(len(image), sha256, force)
                first = first or begin
                if not begin.present:
                    self._write(image, begin.offset, progress)
                force = False  # from here on a complete image may be this very push's
                return first, self._commit(image, sha256, progress)
            except DeviceError as exc:
                lost_track = exc.status == Status.BAD_STATE or self._session.restarts != restarts
                if not lost_track:
                    raise
        raise LinkTimeoutError(
            f"{self._connection.name}: the push did not finish, although it was started {_MAX_BEGINS} times",
            hint="reset the board and check its power and cable",
        )

    def _begin(self, n_bytes: int, sha256: bytes, force: bool) -> ModelBeginReply:
        request = ModelBeginRequest(image_bytes=n_bytes, force=int(force), sha256=sha256)
        data = self._connection.request(MessageType.MODEL_BEGIN, request.pack(), deadline_s=_BEGIN_S, slow=True)
        return unpacked(ModelBeginReply, data, self._connection.name)

    def _write(self, image: bytes, offset: int, report: Progress) -> None:
        report(offset, len(image))
        progress = WriteProgress(self._connection, MessageType.MODEL_WRITE, len(image), report)
        while offset < len(image):
            offset, n_bytes = self._writer.send_round(MessageType.MODEL_WRITE, _header, image, offset, progress)
            self._bytes_sent += n_bytes

    def _commit(self, image: bytes, sha256: bytes, progress: Progress) -> SlotInfo:
        data = self._connection.request(MessageType.MODEL_COMMIT, deadline_s=_COMMIT_S, slow=True)
        info = unpacked(SlotInfo, data, self._connection.name)
        if info.sha256 != sha256:
            raise DeviceError(
                f"{self._connection.name}: MODEL_COMMIT activated {info.sha256.hex()[:8]}, expected {sha256.hex()[:8]}",
                status=Status.BAD_STATE,
                hint="push the model again",
            )
        progress(len(image), len(image))
        return info

    def rollback(self) -> SlotInfo:
        """Make the other slot's valid model active; returns that slot.

        Twice would change nothing, so a request whose reply was lost is not simply sent again.
        """
        before = self.slots()
        active = next((info.slot for info in before if info.active), None)
        if not any(info.state == SlotState.VALID for info in before if not info.active):
            raise DeviceError(
                f"{self._connection.name}: no other slot holds a valid model",
                status=Status.NO_MODEL,
                hint="push a second model first; tinyhost models shows the slots",
            )
        for attempt in range(1, _MAX_BEGINS + 1):
            data = self._try_rollback(attempt)
            if data is not None:
                return unpacked(SlotInfo, data, self._connection.name)
            now = next((info for info in self.slots() if info.active), None)
            if now is not None and now.slot != active and now.state == SlotState.VALID:
                return now
        raise LinkTimeoutError(f"{self._connection.name}: no reply to MODEL_ROLLBACK", hint="reset the board")

    def _try_rollback(self, attempt: int) -> bytes | None:
        try:
            return self._connection.try_request(MessageType.MODEL_ROLLBACK, attempt=attempt, slow=True)
        except InterruptedLinkError:
            return None


def _header(offset: int) -> bytes:
    return OffsetHeader(offset=offset).pack()


def _ignore(done: int, total: int) -> None:
    pass
