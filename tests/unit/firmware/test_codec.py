"""The firmware's frame codec agrees with the shared vectors, with PyPI's cobs, and with the host's on any bytes."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from struct import pack
from typing import Any

import pytest
from cobs import cobs
from hypothesis import given
from hypothesis import strategies as st
from tinyhost import _firmware
from tinyhost.protocol import frames
from tinyhost.protocol.messages import MAX_REQUEST_BYTES

VECTORS = json.loads((Path(__file__).parents[3] / "protocol/vectors/frames.json").read_text())

Event = tuple[Any, ...]


def line(text: bytes) -> list[Event]:
    stripped = text.decode().strip("\r\n")
    return [("text", stripped)] if stripped else []


def decode_by_firmware(data: bytes) -> list[Event]:
    events: list[Event] = []
    for event in _firmware.FrameDecoder().feed(data):
        events.extend(line(event[1]) if event[0] == "text" else [tuple(event)])
    return events


def decode_by_host(data: bytes) -> list[Event]:
    events: list[Event] = []
    for item in frames.FrameDecoder().feed(data):
        if isinstance(item, frames.Frame):
            events.append(("frame", item.type, item.seq, item.payload))
        elif isinstance(item, frames.LogText):
            events.append(("text", item.text))
        else:
            events.append(("bad", item.reason))
    return events


def expected_event(event: dict[str, Any]) -> Event:
    if event["kind"] == "frame":
        return ("frame", event["type"], event["seq"], bytes.fromhex(event["payload"]))
    return ("text", event["text"]) if event["kind"] == "text" else ("bad", event["reason"])


@pytest.mark.parametrize("vector", VECTORS["encode"], ids=lambda vector: vector["name"])
def test_encoder_makes_the_vectors_bytes(vector: dict[str, Any]) -> None:
    payload = bytes.fromhex(vector["payload"])
    assert _firmware.encode_frame(vector["type"], vector["seq"], payload).hex() == vector["wire"]


@pytest.mark.parametrize("vector", VECTORS["decode"], ids=lambda vector: vector["name"])
def test_decoder_finds_the_vectors_events(vector: dict[str, Any]) -> None:
    expected = [expected_event(event) for event in vector.get("device_events", vector["events"])]
    assert decode_by_firmware(bytes.fromhex(vector["wire"])) == expected


@given(st.integers(0, 255), st.integers(0, 65535), st.binary(max_size=2000), st.integers(1, 300))
def test_encoder_equals_the_oracle_in_pieces_of_any_size(kind: int, seq: int, payload: bytes, piece: int) -> None:
    body = pack("<BBH", kind, 0, seq) + payload
    oracle = b"\0" + cobs.encode(body + pack("<I", zlib.crc32(body))) + b"\0"
    assert _firmware.encode_frame(kind, seq, payload, piece) == oracle


@given(st.binary(max_size=MAX_REQUEST_BYTES))
def test_every_request_that_may_be_sent_is_received(payload: bytes) -> None:
    assert decode_by_firmware(frames.encode_frame(0x20, 5, payload)) == [("frame", 0x20, 5, payload)]


PIECES = st.one_of(
    st.binary(max_size=40),
    st.just(b"\0"),
    st.sampled_from([b"\n", b"ok\n", "T\u00fcr\n".encode(), b"\xed\xa0\x80\n", b"\x1b[0m\r\n"]),
    st.builds(frames.encode_frame, st.integers(1, 127), st.integers(0, 65535), st.binary(max_size=300)),
)


@given(st.lists(PIECES, max_size=8))
def test_both_sides_find_the_same_in_any_bytes(pieces: list[bytes]) -> None:
    data = b"".join(pieces) + b"\0"
    assert decode_by_firmware(data) == decode_by_host(data)
