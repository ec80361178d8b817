"""The items of streams, parsed into values within bounds, and the counts of lost ones."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tinyhost.errors import ProtocolError
from tinyhost.protocol.messages import (
    MAX_OBJECTS,
    MAX_SCORES,
    DetectedObject,
    FeaturesInfo,
    FrameInfo,
    Prediction,
    SamplesInfo,
    StreamHeader,
    StreamId,
)

__all__ = [
    "FeaturesItem",
    "FrameItem",
    "PredictionItem",
    "SamplesItem",
    "StreamCounts",
    "StreamItem",
    "parse_item",
    "parse_prediction",
    "placed",
    "stream_of",
]

_MAX_CHANNELS = 8
_MAX_RATE_MHZ = 1_000_000_000
_MAX_SCALE = 1000.0
"""Of one count, in parts of full scale or g: far more than any sensor has."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamCounts:
    """Counts of the items of one stream since it was switched on, up to now or to one item.

    received + device_dropped + link_lost is the number that the device produced. The counts go on when the port was
    away: what the device had to send until then, link_lost has. After the stream is switched off they include its very
    end.
    """

    received: int = 0
    device_dropped: int = 0
    """dropped by the device because the host did not read fast enough"""
    link_lost: int = 0
    """sent by the device, but lost or corrupted on the link, or sent while the port was away"""
    host_dropped: int = 0
    """received, but dropped because nobody took them from the queue; they also count as received"""
    restarts: int = 0
    """how often the board restarted: what it had sent right before, and was not received, nobody can know"""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Item:
    """An item's place in its stream; the counts are those of StreamCounts up to this item."""

    index: int = 0
    """among all items that are known to have been there: received + device_dropped + link_lost before this one"""
    timestamp_us: int
    """of the board's clock, which starts again when the board restarts"""
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
    objects: tuple[DetectedObject, ...] = ()
    """objects of a heat map, the highest score first"""


@dataclass(frozen=True, kw_only=True, slots=True)
class FrameItem(_Item):
    """One camera frame of a stream."""

    frame_index: int
    """number of the capture since the board's start"""
    pixels: NDArray[np.uint8]
    """(height, width), grayscale"""


@dataclass(frozen=True, kw_only=True, slots=True)
class SamplesItem(_Item):
    """Consecutive samples of a microphone or an accelerometer. The timestamp is the first sample's."""

    position: int
    """of the first sample since the sensor's start, lost ones too: a step beyond the last piece's end is a gap"""
    lost: int
    """samples that the sensor lost since its start, because the board was late to read them"""
    rate_hz: float
    scale: float
    """of one count: of full scale (microphone), g (accelerometer)"""
    samples: NDArray[np.int16]
    """(n_samples, n_channels)"""


@dataclass(frozen=True, kw_only=True, slots=True)
class FeaturesItem(_Item):
    """The model's features of one stride of sound or motion."""

    position: int
    """of the stride's end: samples since the sensor's start"""
    peak: int
    """largest absolute sample of the stride"""
    rms: int
    features: NDArray[np.int8]
    """(n_features,)"""


StreamItem = PredictionItem | FrameItem | SamplesItem | FeaturesItem

_STREAMS: dict[type, StreamId] = {
    PredictionItem: StreamId.PREDICTIONS,
    FrameItem: StreamId.CAMERA,
    SamplesItem: StreamId.SAMPLES,
    FeaturesItem: StreamId.FEATURES,
}


def stream_of(item: StreamItem) -> StreamId:
    """Return the stream that an item belongs to."""
    return _STREAMS[type(item)]


def parse_item(header: StreamHeader, body: bytes) -> StreamItem:
    """Return the item that `body` holds, not yet placed. Raises ProtocolError if it is malformed."""
    parse = _PARSERS.get(header.stream)
    if parse is None:
        raise ProtocolError(f"an item of the stream {header.stream}, which this version of tinyhost does not know")
    try:
        return parse(header.timestamp_us, body)
    except (struct.error, ValueError) as exc:
        why = f"{len(body)} bytes, too short for its layout" if isinstance(exc, struct.error) else exc
        raise ProtocolError(f"a malformed item of the stream {StreamId(header.stream).name}: {why}") from exc


def parse_prediction(body: bytes) -> tuple[PredictionItem, int]:
    """Return a prediction, whose time the caller knows, and how many bytes it was. Raises struct.error, ValueError."""
    prediction = Prediction.unpack(body)
    n = prediction.n_classes
    if n > MAX_SCORES:
        raise ValueError(f"{n} scores, expected at most {MAX_SCORES}")
    if prediction.n_objects > MAX_OBJECTS:
        raise ValueError(f"{prediction.n_objects} objects, expected at most {MAX_OBJECTS}")
    scores = struct.unpack_from(f"<{2 * n}b", body, Prediction.SIZE)
    begin = Prediction.SIZE + 2 * n
    end = begin + prediction.n_objects * DetectedObject.SIZE
    objects = tuple(DetectedObject.unpack(body, at) for at in range(begin, end, DetectedObject.SIZE))
    wrong = next((each.label for each in objects if not 1 <= each.label < n), None)
    if wrong is not None:
        raise ValueError(f"an object of class {wrong}, expected 1 to {n - 1}")
    item = PredictionItem(
        timestamp_us=0, prediction=prediction, scores=scores[:n], smoothed=scores[n:], objects=objects
    )
    return item, end


def _parse_prediction(timestamp_us: int, body: bytes) -> PredictionItem:
    return replace(parse_prediction(body)[0], timestamp_us=timestamp_us)


def _parse_frame(timestamp_us: int, body: bytes) -> FrameItem:
    info = FrameInfo.unpack(body)
    data = body[FrameInfo.SIZE :]
    if not data or zlib.crc32(data) != info.crc32:
        raise ValueError(f"camera frame {info.index}: no pixels, or a checksum that does not match")
    pixels = np.frombuffer(data, np.uint8).reshape(info.height, info.width)
    return FrameItem(timestamp_us=timestamp_us, frame_index=info.index, pixels=pixels)


def _parse_samples(timestamp_us: int, body: bytes) -> SamplesItem:
    info = SamplesInfo.unpack(body)
    if not (info.n_samples and 1 <= info.n_channels <= _MAX_CHANNELS):
        raise ValueError(f"{info.n_samples} samples of {info.n_channels} channels")
    if not (0 < info.rate_mhz <= _MAX_RATE_MHZ and 0 < info.scale <= _MAX_SCALE):  # no comparison with NaN holds
        raise ValueError(f"{info.rate_mhz / 1000:g} samples a second, with a scale of {info.scale:g}")
    samples = np.frombuffer(body, "<i2", offset=SamplesInfo.SIZE).reshape(info.n_samples, info.n_channels)
    return SamplesItem(
        timestamp_us=timestamp_us,
        position=info.position,
        lost=info.lost,
        rate_hz=info.rate_mhz / 1000,
        scale=info.scale,
        samples=samples,
    )


def _parse_features(timestamp_us: int, body: bytes) -> FeaturesItem:
    info = FeaturesInfo.unpack(body)
    if not info.n_features:
        raise ValueError("no features")
    features = np.frombuffer(body, np.int8, offset=FeaturesInfo.SIZE).reshape(info.n_features)
    return FeaturesItem(
        timestamp_us=timestamp_us, position=info.position, peak=info.peak, rms=info.rms, features=features
    )


_PARSERS: dict[int, Callable[[int, bytes], StreamItem]] = {
    StreamId.PREDICTIONS: _parse_prediction,
    StreamId.CAMERA: _parse_frame,
    StreamId.SAMPLES: _parse_samples,
    StreamId.FEATURES: _parse_features,
}


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
