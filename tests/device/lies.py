"""Changes that a lying board makes to the frames of real firmware, for `tests/device/between.py`."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from tinyhost.protocol.frames import Frame
from tinyhost.protocol.messages import (
    REPLY_FLAG,
    ErrorReply,
    HelloReply,
    InfoReply,
    LogHeader,
    LogLevel,
    MessageType,
    PingReply,
    StreamHeader,
)

from tests.device.between import Between, Change, wire

GREETING = {MessageType.HELLO, MessageType.INFO, MessageType.PING, MessageType.BYE}
HUGE = 0xFFFFFFFF


def kind_of(frame: Frame) -> int:
    """Return the type of the request that a frame answers; of an event its own."""
    return frame.type & ~REPLY_FLAG


def only(*kinds: MessageType) -> Change:
    """Return a change that lets only replies of these types through."""
    return lambda board, frame: wire(frame) if kind_of(frame) in kinds else None


def instead(kind: MessageType, payload: bytes) -> Change:
    """Return a change that puts another payload into replies of this type."""
    return lambda board, frame: wire(replace(frame, payload=payload) if kind_of(frame) == kind else frame)


def refuses(status: int) -> Change:
    """Return a change that turns every reply after HELLO into a refusal."""

    def change(board: Between, frame: Frame) -> bytes:
        if kind_of(frame) in GREETING or not frame.type & REPLY_FLAG:
            return wire(frame)
        refusal = ErrorReply(status=status, request_type=kind_of(frame)).pack()
        return wire(replace(frame, type=MessageType.ERROR | REPLY_FLAG, payload=refusal))

    return change


def told(frame: Frame, layout: Any, **fields: Any) -> bytes:
    """Return a reply, all of whose structs say this instead."""
    structs = (layout.unpack(frame.payload, at) for at in range(0, len(frame.payload), layout.SIZE))
    return wire(replace(frame, payload=b"".join(replace(each, **fields).pack() for each in structs)))


def lies(kind: MessageType, layout: Any, **fields: Any) -> Change:
    """Return a change that falsifies replies of this type."""
    return lambda board, frame: told(frame, layout, **fields) if kind_of(frame) == kind else wire(frame)


def clock(uptime_us: int, step_us: int) -> Change:
    """Return what answers PING with a clock of its own and no number of its start, and nothing but greetings."""

    def change(board: Between, frame: Frame) -> bytes | None:
        if kind_of(frame) not in GREETING:
            return None
        if kind_of(frame) == MessageType.PING:
            board.memory.n_replies += 1
            now_us = max(0, uptime_us + step_us * board.memory.n_replies)
            return wire(replace(frame, payload=PingReply(uptime_us=now_us).pack()))
        return wire(frame)

    return change


def slow_clock(share: float, *, first_version: bool = False) -> Change:
    """Return what answers PING with a clock that runs at a share of the true one's pace.

    first_version: speak protocol version 1, whose PING and INFO tell no start.
    """

    def change(board: Between, frame: Frame) -> bytes:
        if kind_of(frame) == MessageType.PING and frame.type & REPLY_FLAG:
            reply = PingReply.unpack(frame.payload)
            frame = replace(frame, payload=replace(reply, uptime_us=round(reply.uptime_us * share)).pack())
        if not first_version:
            return wire(frame)
        if kind_of(frame) == MessageType.HELLO:
            return told(frame, HelloReply, version=1, version_max=1)
        oldest = {MessageType.PING: PingReply.OLDEST_SIZE, MessageType.INFO: InfoReply.OLDEST_SIZE}
        return wire(replace(frame, payload=frame.payload[: oldest.get(MessageType(kind_of(frame)), HUGE)]))

    return change


def late(board: Between, frame: Frame) -> bytes:
    """Send each frame one frame late."""
    before, board.memory.before = board.memory.before, frame.payload
    return wire(replace(frame, payload=before))


def dripping(board: Between, frame: Frame) -> bytes | None:
    """Send everything byte by byte, with pauses."""
    for byte in wire(frame):
        time.sleep(0.002)
        board.send_bytes(bytes([byte]))
        if board.is_off:
            break
    return None


def in_bytes(board: Between, frame: Frame) -> bytes | None:
    """Send everything byte by byte, without pauses."""
    data = wire(frame)
    for start in range(0, len(data), 97):
        board.send_bytes(data[start : start + 97])
    return None


def log_flood(board: Between, frame: Frame) -> bytes:
    """Send fifty log lines before each frame."""
    line = LogHeader(level=LogLevel.INFO).pack() + b"flood"
    return b"".join([wire(Frame(type=MessageType.LOG, seq=0, payload=line))] * 50) + wire(frame)


def endless_log(board: Between, frame: Frame) -> bytes | None:
    """Answer HELLO, and then send log lines without end."""
    if kind_of(frame) in GREETING:
        return wire(frame)
    while not board.is_off:
        board.send_bytes(b"still here\n" * 20)
        time.sleep(0.001)
    return None


def item_flood(board: Between, frame: Frame) -> bytes:
    """Send every stream item a hundred times."""
    return wire(frame) * (100 if frame.type == MessageType.STREAM_DATA else 1)


def broken(board: Between, frame: Frame) -> bytes:
    """Break every checksum."""
    data = bytearray(wire(frame))
    data[len(data) // 2] ^= 0x55 if data[len(data) // 2] != 0x55 else 0x54
    return bytes(data)


def streams(*, n_items: int, payload: bytes | None = None, vanishes: bool = False) -> Change:
    """Return what says so many items, and then nothing, or another payload, or goes off."""

    def change(board: Between, frame: Frame) -> bytes | None:
        if frame.type != MessageType.STREAM_DATA:
            return wire(frame)
        board.memory.n_items += 1
        if board.memory.n_items <= n_items:
            return wire(frame)
        if vanishes:
            board.vanish()
        return None if payload is None else wire(replace(frame, payload=frame.payload[: StreamHeader.SIZE] + payload))

    return change


def restarts(every: int, *, build_id: str = "") -> Change:
    """Return what loses its power after so many stream items, again and again; afterwards it says another build."""

    def change(board: Between, frame: Frame) -> bytes:
        if frame.type == MessageType.STREAM_DATA:
            board.memory.n_items += 1
            if board.memory.n_items % every == 0:
                board.powered.reset()
        if kind_of(frame) == MessageType.INFO and board.memory.n_items >= every and build_id:
            return told(frame, InfoReply, build_id=build_id)
        return wire(frame)

    return change


def without(*kinds: MessageType) -> Change:
    """Return a change that withholds replies of these types."""
    return lambda board, frame: None if kind_of(frame) in kinds else wire(frame)


def another_board(board: Between, frame: Frame) -> bytes:
    """Report another board in every answer."""
    if kind_of(frame) != MessageType.INFO:
        return wire(frame)
    board.memory.n_replies += 1
    return told(frame, InfoReply, unique_id=f"board {board.memory.n_replies}")
