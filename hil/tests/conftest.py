"""Fixtures that several of these tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tinyhost.hil.station import Station
from tinyhost.protocol.messages import PROTOCOL_VERSION, HelloReply, MessageType, PingRequest

from hil.tests.wire import HELLO, Wire


@pytest.fixture
def wire(station: Station) -> Iterator[Wire]:
    """A raw link after HELLO. After the test, the board must still answer on it."""
    link = station.open_link()
    try:
        opened = Wire(link)
        greeting = opened.request(MessageType.HELLO, 1, HELLO.pack())
        assert greeting is not None
        assert HelloReply.unpack(greeting.payload).version == PROTOCOL_VERSION
        yield opened
        still_there = opened.request(MessageType.PING, 0xFFFE, PingRequest(token=77).pack())
        assert still_there is not None, "the board no longer answers"
        opened.request(MessageType.BYE, 0xFFFF)
    finally:
        link.close()
