"""Malformed requests: each gets an error reply or none, and the board keeps working."""

from __future__ import annotations

import pytest
from tinyhost.protocol.frames import encode_frame
from tinyhost.protocol.messages import (
    HELLO_MAGIC,
    MAX_REQUEST_BYTES,
    REPLY_FLAG,
    ErrorReply,
    HelloReply,
    HelloRequest,
    InferRequest,
    MessageType,
    ModelBeginRequest,
    OffsetHeader,
    PingRequest,
    ReadRequest,
    Setting,
    SettingSetRequest,
    StreamRequest,
    WriteRequest,
)
from tinyhost.protocol.pattern import pattern_bytes
from tinyhost.protocol.status import Status

from hil.tests.wire import HELLO, Wire

ERROR = MessageType.ERROR | REPLY_FLAG


REFUSED = {
    "unknown type": (0x3E, b""),
    "a reply's type": (MessageType.PING | REPLY_FLAG, b""),
    "ping without a token": (MessageType.PING, b""),
    "read without a range": (MessageType.READ, b"\1"),
    "read of no source": (MessageType.READ, ReadRequest(n_bytes=4, chunk_bytes=4).pack()[:12] + b"\xee\0\0\0"),
    "write past the end": (MessageType.WRITE, WriteRequest(offset=0xFFFFFF00).pack() + bytes(64)),
    "infer range backwards": (MessageType.INFER, InferRequest(first_operator=9, end_operator=3, source=3).pack()),
    "model larger than a slot": (MessageType.MODEL_BEGIN, ModelBeginRequest(image_bytes=0xFFFFFFFF).pack()),
    "empty model": (MessageType.MODEL_BEGIN, ModelBeginRequest(image_bytes=0).pack()),
    "model bytes far ahead": (MessageType.MODEL_WRITE, OffsetHeader(offset=0x7FFFFFFF).pack() + b"x"),
    "setting that is not there": (MessageType.SETTING_SET, b"\xff\xff" + bytes(6)),
    "setting out of bounds": (
        MessageType.SETTING_SET,
        SettingSetRequest(setting=Setting.PERIOD_MS, value=100_000).pack(),
    ),
    "stream that is not there": (MessageType.STREAM, b"\xee" + StreamRequest(enable=1).pack()[1:]),
}


@pytest.mark.parametrize(("message_type", "payload"), REFUSED.values(), ids=REFUSED)
def test_a_request_that_makes_no_sense_is_refused(wire: Wire, message_type: int, payload: bytes) -> None:
    wire.send(encode_frame(message_type, 7, payload))
    if message_type & REPLY_FLAG:
        reply = wire.reply(7, within_s=0.5)
        assert reply is None or reply.type == ERROR
        return
    reply = wire.reply(7)
    assert reply is not None
    assert reply.type == ERROR
    error = ErrorReply.unpack(reply.payload)
    assert error.request_type == message_type
    assert error.status != Status.OK


NOISE = {
    "zeros": bytes(5000),
    "ones": b"\xff" * 20_000,
    "pattern": pattern_bytes(1, 20_000),
    "too large a frame": encode_frame(MessageType.SINK, 7, bytes(3 * MAX_REQUEST_BYTES)),
    "half a frame": encode_frame(MessageType.SINK, 7, bytes(2000))[:900],
    "wrong crc": encode_frame(MessageType.SINK, 7, b"12345678").replace(b"4", b"5"),
    "empty frames": b"\0\1\0\2\1\0" * 500,
}


@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE)
def test_noise_is_no_request_and_the_next_request_is_answered(wire: Wire, noise: bytes) -> None:
    wire.send(noise)
    wire.send(b"\0")
    wire.send(encode_frame(MessageType.PING, 8, PingRequest(token=5).pack()))
    reply = wire.reply(8)
    assert reply is not None
    assert reply.type == MessageType.PING | REPLY_FLAG


def test_a_host_that_speaks_no_known_version_is_told_so(wire: Wire) -> None:
    hello = HelloRequest(magic=HELLO_MAGIC, version_min=200, version_max=201, session=9)
    wire.send(encode_frame(MessageType.HELLO, 3, hello.pack()))
    reply = wire.reply(3)
    assert reply is not None
    if reply.type != ERROR:
        answer = HelloReply.unpack(reply.payload)
        assert (answer.version, answer.session) == (0, 9)
    wire.send(encode_frame(MessageType.HELLO, 4, HELLO.pack()))
    assert wire.reply(4) is not None
