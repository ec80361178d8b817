"""Frames can be received in any pieces; other bytes are reported as text or as bad frames, never as an exception."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any, Literal

import pytest
from cobs import cobs
from hypothesis import given
from hypothesis import strategies as st
from tinyhost.protocol.frames import BadFrame, Frame, FrameDecoder, LogText, encode_frame, encoded_size_bytes
from tinyhost.protocol.messages import MAX_PAYLOAD_BYTES

VECTORS = json.loads((Path(__file__).parents[3] / "protocol/vectors/frames.json").read_text())
FRAMES = st.builds(
    Frame, type=st.integers(1, 255), seq=st.integers(0, 65535), payload=st.binary(max_size=600), flags=st.just(0)
)
LINES = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f"), min_size=1).filter(
    lambda text: all(0x20 <= byte != 0x7F for byte in text.encode())
)


def feed_in_pieces(data: bytes, cuts: list[int]) -> list[object]:
    decoder = FrameDecoder()
    found: list[object] = []
    start = 0
    for cut in sorted({min(cut, len(data)) for cut in cuts} | {len(data)}):
        found.extend(decoder.feed(data[start:cut]))
        start = cut
    return found


def test_encoding_is_as_documented() -> None:
    body = b"\x04\x00\x34\x12\x01\x02\x00\x03"
    encoded = encode_frame(4, 0x1234, b"\x01\x02\x00\x03")
    assert encoded == b"\0" + cobs.encode(body + zlib.crc32(body).to_bytes(4, "little")) + b"\0"


@given(st.lists(st.one_of(FRAMES, LINES), max_size=8), st.lists(st.integers(0, 4000), max_size=12))
def test_frames_and_lines_come_out_in_order_however_they_are_cut(items: list[Frame | str], cuts: list[int]) -> None:
    wire = b"".join(
        item.encode() + b"\r\n" if isinstance(item, str) else encode_frame(item.type, item.seq, item.payload)
        for item in items
    )
    expected = [LogText(text=item) if isinstance(item, str) else item for item in items]
    assert feed_in_pieces(wire, cuts) == expected


@given(st.binary(max_size=3000), st.lists(st.integers(0, 3000), max_size=5), FRAMES)
def test_a_frame_after_any_garbage_is_received(garbage: bytes, cuts: list[int], frame: Frame) -> None:
    found = feed_in_pieces(garbage + encode_frame(frame.type, frame.seq, frame.payload), cuts)
    assert found[-1] == frame


@given(FRAMES, st.data())
def test_a_changed_byte_never_gives_another_frame(frame: Frame, data: st.DataObject) -> None:
    wire = bytearray(encode_frame(frame.type, frame.seq, frame.payload))
    position = data.draw(st.integers(0, len(wire) - 1))
    wire[position] ^= data.draw(st.integers(1, 255))
    assert all(item == frame for item in FrameDecoder().feed(bytes(wire) + b"\0") if isinstance(item, Frame))


def as_event(item: object) -> dict[str, object]:
    """Return what the decoder found, as protocol/vectors/frames.json writes it."""
    if isinstance(item, Frame):
        return {"kind": "frame", "type": item.type, "seq": item.seq, "payload": item.payload.hex()}
    if isinstance(item, LogText):
        return {"kind": "text", "text": item.text}
    assert isinstance(item, BadFrame)
    return {"kind": "bad", "reason": item.reason}


@pytest.mark.parametrize("vector", VECTORS["encode"], ids=lambda vector: vector["name"])
def test_encoding_matches_the_shared_vectors(vector: dict[str, Any]) -> None:
    payload = bytes.fromhex(vector["payload"])
    assert encode_frame(vector["type"], vector["seq"], payload).hex() == vector["wire"]


@pytest.mark.parametrize("piece_bytes", [1, 7, 100_000])
@pytest.mark.parametrize("vector", VECTORS["decode"], ids=lambda vector: vector["name"])
def test_decoding_matches_the_shared_vectors(vector: dict[str, Any], piece_bytes: int) -> None:
    wire = bytes.fromhex(vector["wire"])
    found = feed_in_pieces(wire, list(range(0, len(wire), piece_bytes)))
    assert [as_event(item) for item in found] == vector["events"]


@pytest.mark.parametrize(
    ("segment", "reason"),
    [
        (cobs.encode(b"\x01\x00\x00"), "malformed"),
        (cobs.encode(b"\x01\x00\x00\x00" + bytes(4)), "crc"),
        (b"\x09\x01", "malformed"),
        (b"\x01" * 70_000, "oversized"),
    ],
)
def test_bad_frames_say_why(segment: bytes, reason: Literal["malformed", "crc", "oversized"]) -> None:
    assert FrameDecoder().feed(b"\0" + segment + b"\0") == [BadFrame(n_bytes=len(segment), reason=reason)]


def test_a_frame_that_never_ends_is_given_up_and_the_next_one_received() -> None:
    decoder = FrameDecoder()
    for _ in range(40):
        assert decoder.feed(b"\x02" * 4096) == []
    bad, frame = decoder.feed(b"\0" + encode_frame(4, 7))
    assert bad == BadFrame(n_bytes=40 * 4096, reason="oversized")
    assert frame == Frame(type=4, seq=7, payload=b"")


def test_text_without_any_delimiter_comes_line_by_line() -> None:
    decoder = FrameDecoder()
    assert decoder.feed(b"person 0.9") == []
    assert decoder.feed(b"1\r\nno per") == [LogText(text="person 0.91")]


@pytest.mark.parametrize("size", [0, 1, 253, 254, 255, 9216, MAX_PAYLOAD_BYTES])
def test_framing_costs_at_most_one_and_a_half_percent_of_a_large_payload(size: int) -> None:
    for payload in (bytes(size), b"\xff" * size, bytes(range(256)) * (size // 256)):
        assert encoded_size_bytes(payload) - len(payload) <= 11 + (len(payload) + 8) / 254
