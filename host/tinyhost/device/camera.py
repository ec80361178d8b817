"""Camera frames from the board."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost.device.reading import Reader
from tinyhost.device.replies import unpacked
from tinyhost.device.session import Session
from tinyhost.errors import LinkLostError, LinkTimeoutError, ProtocolError, UsageError
from tinyhost.protocol.messages import FrameInfo, MessageType, Source

__all__ = ["Frame", "snapshot"]

_SNAPSHOT_S = 10.0
_MAX_FRAME_BYTES = 1 << 22
_MAX_ATTEMPTS = 20
_ALL_S = 60.0  # no further attempt begins after this time


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """A picture that the board's camera took."""

    pixels: NDArray[np.uint8]
    """(height, width), grayscale"""
    index: int
    """number of the capture since the board's start"""
    dropped: int
    """number of failed captures since the board's start"""
    timestamp_us: int
    """the board's time when the capture began"""


def snapshot(session: Session, reader: Reader) -> Frame:
    """Capture one camera frame and return it, verified by the board's checksum.

    Captures again if the board restarted, or took another picture, before all pixels were read.
    """
    connection = session.connection
    deadline = connection.deadline(_ALL_S)
    for _ in range(_MAX_ATTEMPTS):
        if not deadline.left_s:
            break
        payload = connection.request(MessageType.SNAPSHOT, deadline_s=_SNAPSHOT_S, slow=True)
        info = unpacked(FrameInfo, payload, connection.name)
        if info.n_bytes != info.width * info.height or not 0 < info.n_bytes <= _MAX_FRAME_BYTES:
            raise ProtocolError(
                f"{connection.name}: a camera frame of {info.width} x {info.height} pixels in {info.n_bytes} bytes",
                hint="flash the board with this version of tinyhost: tinyhost flash vww",
            )
        try:
            data = reader.read(Source.SAMPLE, n_bytes=info.n_bytes)
        except (LinkLostError, UsageError):
            connection.wait_ready()
            continue
        if zlib.crc32(data) == info.crc32:
            pixels = np.frombuffer(data, np.uint8).reshape(info.height, info.width)
            return Frame(pixels=pixels, index=info.index, dropped=info.dropped, timestamp_us=info.timestamp_us)
    raise LinkTimeoutError(
        f"{connection.name}: no complete camera frame arrived, after repeated requests",
        hint="check the cable and power; tinyhost bench --link measures the link",
    )
