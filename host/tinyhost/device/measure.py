"""Measurement of the link: speed each way, and the overhead of framing."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tinyhost.device.reading import Reader
from tinyhost.device.session import Session
from tinyhost.errors import ProtocolError
from tinyhost.protocol.frames import encoded_size_bytes
from tinyhost.protocol.messages import FrameInfo, MessageType, Source, StreamHeader
from tinyhost.protocol.pattern import pattern_bytes

__all__ = ["LinkMeasurement", "measure_link"]

_SINK_BYTES = 4096
_FRAME_SIDE = 96
_SEED = 7


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkMeasurement:
    """Speed of a link. Raw bytes are all bytes on the wire; useful bytes are the requested payload."""

    n_bytes: int
    """useful bytes transferred each way"""
    to_host_raw_bytes_per_s: float
    """all bytes on the wire"""
    to_host_useful_bytes_per_s: float
    """the payload only"""
    to_device_raw_bytes_per_s: float
    to_device_useful_bytes_per_s: float
    round_trip_s: float
    """time of a PING and its reply, the minimum of ten"""
    frame_bytes: int
    """pixels of a 96 x 96 camera frame"""
    frame_wire_bytes: int
    """bytes of such a frame on the wire, in a stream"""
    frame_overhead: float
    """share of the wire's bytes that are not pixels"""


def measure_link(session: Session, reader: Reader, n_bytes: int) -> LinkMeasurement:
    """Move at least `n_bytes` of a known pattern each way; raises ProtocolError if they arrive changed."""
    to_host_raw, to_host = _receive(session, reader, n_bytes)
    to_device_raw, to_device, sent_bytes = _send(session, n_bytes)
    pixels = pattern_bytes(_SEED, _FRAME_SIDE * _FRAME_SIDE)
    wire_bytes = encoded_size_bytes(bytes(StreamHeader.SIZE + FrameInfo.SIZE) + pixels)
    return LinkMeasurement(
        n_bytes=sent_bytes,
        to_host_raw_bytes_per_s=to_host_raw,
        to_host_useful_bytes_per_s=to_host,
        to_device_raw_bytes_per_s=to_device_raw,
        to_device_useful_bytes_per_s=to_device,
        round_trip_s=min(_round_trip_s(session) for _ in range(10)),
        frame_bytes=len(pixels),
        frame_wire_bytes=wire_bytes,
        frame_overhead=1 - len(pixels) / wire_bytes,
    )


def _receive(session: Session, reader: Reader, n_bytes: int) -> tuple[float, float]:
    """Return raw and useful bytes per second to the host."""
    counters = session.connection.counters
    before, started_s = counters.bytes_in, time.monotonic()
    data = reader.read(Source.PATTERN, index=_SEED, n_bytes=n_bytes)
    elapsed_s = time.monotonic() - started_s
    if data != pattern_bytes(_SEED, n_bytes):
        raise ProtocolError(
            f"{session.connection.name}: the test pattern came back changed", hint="flash the board again"
        )
    return (counters.bytes_in - before) / elapsed_s, n_bytes / elapsed_s


def _send(session: Session, n_bytes: int) -> tuple[float, float, int]:
    """Return raw and useful bytes per second to the device, and how many useful ones went."""
    counters = session.connection.counters
    piece = pattern_bytes(_SEED, _SINK_BYTES)
    n_pieces = -(-n_bytes // _SINK_BYTES)
    before, started_s = counters.bytes_out, time.monotonic()
    for _ in range(n_pieces):
        session.connection.request(MessageType.SINK, piece, deadline_s=10.0)
    elapsed_s = time.monotonic() - started_s
    useful_bytes = n_pieces * _SINK_BYTES
    return (counters.bytes_out - before) / elapsed_s, useful_bytes / elapsed_s, useful_bytes


def _round_trip_s(session: Session) -> float:
    started_s = time.monotonic()
    session.ping()
    return time.monotonic() - started_s
