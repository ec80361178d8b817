"""Packets between two tinyhosts, and a peer that sends other bytes."""

from __future__ import annotations

import io
import struct

import pytest
from tinyhost.boards.remote.pipes import MAGIC, MAX_BYTES, Pipes, error_of, parse_message, told
from tinyhost.errors import BoardError, PortBusyError, ProtocolError
from tinyhost.system.json_reading import JsonObject


def written(*, message: dict[str, object], data: bytes) -> bytes:
    outgoing = io.BytesIO()
    pipes = Pipes(io.BytesIO(), outgoing, "x")
    pipes.send_magic()
    pipes.send(**message)
    pipes.send_bytes(data)
    return outgoing.getvalue()


def test_what_a_login_prints_is_skipped_and_packets_come_as_they_were_sent() -> None:
    data = bytes(range(256)) * 300
    came = Pipes(
        io.BytesIO(b"Welcome to rig2\n#tinyhost\n" + written(message={"do": "open"}, data=data)), io.BytesIO(), "x"
    )
    assert came.await_magic()
    first = came.receive()
    assert isinstance(first, JsonObject)
    assert first.values == {"do": "open"}
    pieces = []
    while isinstance(piece := came.receive(), bytes):
        pieces.append(piece)
    assert (b"".join(pieces), max(map(len, pieces)) <= MAX_BYTES) == (data, True)


def test_a_packet_that_is_cut_off_is_the_end() -> None:
    whole = written(message={"do": "open"}, data=b"abc")[len(MAGIC) :]
    for n_bytes in range(len(whole)):
        came = Pipes(io.BytesIO(whole[:n_bytes]), io.BytesIO(), "x")
        while came.receive() is not None:
            pass
    assert not Pipes(io.BytesIO(b"no tinyhost here"), io.BytesIO(), "x").await_magic()


@pytest.mark.parametrize("header", [struct.pack(">BI", 3, 1), struct.pack(">BI", 2, MAX_BYTES + 1)])
def test_other_packets_are_refused(header: bytes) -> None:
    with pytest.raises(ProtocolError, match="a packet of kind"):
        Pipes(io.BytesIO(header), io.BytesIO(), "x").receive()


def test_errors_keep_their_type() -> None:
    def back(values: dict[str, str]) -> BaseException:
        return error_of(JsonObject.of(values, "x", error=ProtocolError, hint=""), "rig2")

    busy = back(told(PortBusyError("held", hint="close it")))
    assert (type(busy), str(busy)) == (PortBusyError, "rig2: held")
    assert type(back({"type": "SystemExit", "message": "m", "hint": ""})) is BoardError
    with pytest.raises(ProtocolError):
        parse_message(b"[1]", "x")
