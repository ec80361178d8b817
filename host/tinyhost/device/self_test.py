"""The board's self-test of its sensor, part by part."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from tinyhost.device.connection import Connection
from tinyhost.errors import DeviceError, LinkTimeoutError, ProtocolError
from tinyhost.protocol.messages import InfoReply, MessageType, SelfTestReply, SelfTestRequest
from tinyhost.protocol.self_test import Finding
from tinyhost.protocol.status import Status

__all__ = ["TestProgress", "run_self_test"]

_PART_S = 30.0
_ALL_PARTS_S = 300.0
_MAX_PARTS = 64
"""The most parts of a self-test; a board that claims more is in error."""

TestProgress = Callable[[int, int], None]
"""Called with the number of parts done, and of all parts (0: not known yet)."""


def run_self_test(connection: Connection, info: InfoReply, progress: TestProgress) -> Iterator[Finding]:
    """Yield the result of each part of the self-test as it arrives; no stream of the device may be on.

    Raises DeviceError if the firmware has no self-test, or a stream is on.
    """
    part, n_parts = 0, 1
    deadline = connection.deadline(_ALL_PARTS_S)
    while part < n_parts:
        if not deadline.left_s:
            raise LinkTimeoutError(
                f"{connection.name}: {part} of {n_parts} parts of the self-test took {deadline.seconds:g} s",
                hint="reset the board; if that does not help, flash it again",
            )
        progress(part, n_parts if part else 0)
        reply, findings = _run_part(connection, info, part)
        if part and reply.n_parts != n_parts:
            raise _nonsense(connection, f"{reply.n_parts} parts, and {n_parts} before")
        n_parts = reply.n_parts
        yield from findings
        part += 1
    progress(part, n_parts)


def _run_part(connection: Connection, info: InfoReply, part: int) -> tuple[SelfTestReply, list[Finding]]:
    try:
        payload = SelfTestRequest(part=part).pack()
        data = connection.request(MessageType.SELF_TEST, payload, deadline_s=_PART_S, slow=True)
    except DeviceError as exc:
        raise _explained(connection, info, exc) from exc
    try:
        reply = SelfTestReply.unpack(data)
        body = memoryview(data)[SelfTestReply.SIZE :]
        findings = [Finding.unpack(body, Finding.SIZE * i) for i in range(reply.n_findings)]
    except struct.error as exc:
        raise _nonsense(connection, f"{len(data)} bytes, too short for its findings") from exc
    if reply.part != part or not 0 < reply.n_parts <= _MAX_PARTS:
        raise _nonsense(connection, f"part {reply.part} of {reply.n_parts}, expected part {part}")
    return reply, findings


def _explained(connection: Connection, info: InfoReply, exc: DeviceError) -> DeviceError:
    """Return the error with a remedy."""
    if exc.status == Status.UNSUPPORTED:
        return DeviceError(
            f"{connection.name}: its firmware ({info.app} {info.firmware_version}, build {info.build_id}) "
            "has no self-tests yet",
            status=exc.status,
            hint=f"tinyhost flash {info.app}",
        )
    if exc.status == Status.BAD_STATE:
        return DeviceError(
            f"{connection.name}: the sensor is in use by a stream, so it cannot be tested",
            status=exc.status,
            hint="stop the monitor or capture that is running on this board, then repeat the test",
        )
    return exc


def _nonsense(connection: Connection, what: str) -> ProtocolError:
    return ProtocolError(
        f"{connection.name}: invalid SELF_TEST reply: {what}",
        hint="flash the board with this version of tinyhost: tinyhost flash APP",
    )
