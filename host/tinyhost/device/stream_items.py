"""What streams carry: items, and the counts that say what happened to the others."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tinyhost.protocol.messages import FrameInfo, Prediction, StreamHeader, StreamId

__all__ = ["FrameItem", "PredictionItem", "StreamCounts", "StreamItem", "parse_item", "placed", "stream_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamCounts:
    """What happened to the items of one stream since it was switched on, up to now or to one item.

    received + device_dropped + link_lost is what the device had to send. The counts go on when the port was away:
    what the device had to send until then, link_lost has. After the stream is switched off they include its very end.
    """

    received: int = 0
    device_dropped: int = 0
    """given up by the device, because the host did not read fast enough"""
    link_lost: int = 0
    """sent by the device, and broken on the way, or sent while the port was away"""
    host_dropped: int = 0
    """received, and thrown away because nobody took them from the queue; they count as received too"""
    restarts: int = 0
    """how often the board restarted: what it had sent right before, and was not received, nobody can know"""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Item:
    """An item's place in its stream; the counts are those of StreamCounts up to this item."""

    index: int = 0
    """among all items that are known to have been there: received + device_dropped + link_lost before this one"""
    timestamp_us: int
    """of the board's clock, which starts anew when the board restarts"""
    device_dropped: int = 0
    link_lost: int = 0
    host_dropped: int = 0
    restarts: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class PredictionItem(_Item):
    """One live prediction."""

    prediction: Prediction
    scores: tuple[int, ...]
    """int8 output units, one a class"""
    smoothed: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class FrameItem(_Item):
    """One camera frame of a stream."""

    frame_index: int
    """counts all captures since the board's start"""
    pixels: NDArray[np.uint8]
    """(height, width), grayscale"""


StreamItem = PredictionItem | FrameItem


def stream_of(item: StreamItem) -> StreamId:
    """Return the stream that an item belongs to."""
    return StreamId.PREDICTIONS if isinstance(item, PredictionItem) else StreamId.CAMERA


def parse_item(header: StreamHeader, body: bytes) -> StreamItem:
    """Return the item that `body` holds, not yet placed. Raises struct.error or ValueError if it is malformed."""
    if header.stream == StreamId.CAMERA:
        info = FrameInfo.unpack(body)
        data = body[FrameInfo.SIZE :]
        if not data or zlib.crc32(data) != info.crc32:
            raise ValueError(f"camera frame {info.index}: no pixels, or a checksum that does not match")
        pixels = np.frombuffer(data, np.uint8).reshape(info.height, info.width)
        return FrameItem(timestamp_us=header.timestamp_us, frame_index=info.index, pixels=pixels)
    prediction = Prediction.unpack(body)
    n = prediction.n_classes
    scores = struct.unpack_from(f"<{2 * n}b", body, Prediction.SIZE)
    return PredictionItem(
        timestamp_us=header.timestamp_us, prediction=prediction, scores=scores[:n], smoothed=scores[n:]
    )


def placed(item: StreamItem, counts: StreamCounts) -> StreamItem:
    """Return the item with its place; counts: of its stream, with this item."""
    return replace(
        item,
        index=counts.received + counts.device_dropped + counts.link_lost - 1,
        device_dropped=counts.device_dropped,
        link_lost=counts.link_lost,
        host_dropped=counts.host_dropped,
        restarts=counts.restarts,
    )
