"""A stream's items are within bounds, or a ProtocolError is raised."""

from __future__ import annotations

import math
import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
from tinyhost.device.stream_items import PredictionItem, SamplesItem, parse_item
from tinyhost.errors import ProtocolError
from tinyhost.protocol.messages import (
    DetectedObject,
    FeaturesInfo,
    FrameInfo,
    Prediction,
    SamplesInfo,
    StreamHeader,
    StreamId,
)

GOOD = SamplesInfo(position=7, rate_mhz=104_000, scale=0.5, n_samples=2, n_channels=3)
DATA = struct.pack("<6h", *range(6))


def samples(info: SamplesInfo, data: bytes = DATA) -> object:
    return parse_item(StreamHeader(stream=StreamId.SAMPLES), info.pack() + data)


def test_samples_are_read_with_their_rate_and_scale() -> None:
    item = samples(GOOD)
    assert isinstance(item, SamplesItem)
    assert (item.position, item.rate_hz, item.scale) == (7, 104.0, 0.5)
    assert np.array_equal(item.samples, [[0, 1, 2], [3, 4, 5]])


@pytest.mark.parametrize(
    "lie",
    [
        *({"scale": scale} for scale in (0.0, -1.0, math.nan, math.inf, -math.inf, 1e30)),
        *({"rate_mhz": rate} for rate in (0, 0xFFFFFFFF)),
        *({"n_samples": 0, "n_channels": n} for n in (0, 3)),
        *({"n_channels": n} for n in (0, 1, 255)),
        {"n_samples": 65_535},
    ],
    ids=str,
)
def test_samples_that_cannot_be_are_refused(lie: dict[str, float]) -> None:
    info = replace(GOOD, **lie)  # type: ignore[arg-type]
    for data in (DATA, b""):
        with pytest.raises(ProtocolError, match="malformed item of the stream SAMPLES"):
            samples(info, data)


def test_a_prediction_carries_its_objects_behind_its_scores() -> None:
    objects = (DetectedObject(x=300, y=4, width=8, height=16, score=-5, label=1), DetectedObject(label=1))
    body = Prediction(n_classes=2, n_objects=2, n_left_out=3).pack() + bytes([1, 2, 3, 4])
    body += b"".join(each.pack() for each in objects)
    item = parse_item(StreamHeader(stream=StreamId.PREDICTIONS, timestamp_us=9), body)
    assert isinstance(item, PredictionItem)
    assert (item.timestamp_us, item.scores, item.smoothed, item.objects) == (9, (1, 2), (3, 4), objects)
    assert item.prediction.n_left_out == 3


@pytest.mark.parametrize(
    ("stream", "body"),
    [
        (StreamId.PREDICTIONS, Prediction(n_classes=17).pack() + bytes(34)),
        (StreamId.PREDICTIONS, Prediction(n_classes=2).pack()),
        (StreamId.PREDICTIONS, Prediction(n_classes=2, n_objects=17).pack() + bytes(4 + 17 * DetectedObject.SIZE)),
        (StreamId.PREDICTIONS, Prediction(n_classes=2, n_objects=1).pack() + bytes(4 + DetectedObject.SIZE - 1)),
        (StreamId.PREDICTIONS, Prediction(n_classes=2, n_objects=1).pack() + bytes(4) + DetectedObject(label=0).pack()),
        (StreamId.PREDICTIONS, Prediction(n_classes=2, n_objects=1).pack() + bytes(4) + DetectedObject(label=2).pack()),
        (StreamId.CAMERA, FrameInfo(crc32=zlib.crc32(b"")).pack()),
        (StreamId.CAMERA, FrameInfo(width=2, height=2, crc32=zlib.crc32(b"abc")).pack() + b"abc"),
        (StreamId.CAMERA, FrameInfo(width=1, height=1, crc32=1).pack() + b"a"),
        (StreamId.FEATURES, FeaturesInfo(n_features=0).pack()),
        (StreamId.FEATURES, FeaturesInfo(n_features=9).pack() + b"12345678"),
        (StreamId.SAMPLES, b""),
        (200, b""),
    ],
)
def test_other_items_that_cannot_be_are_refused(stream: int, body: bytes) -> None:
    with pytest.raises(ProtocolError, match="item of the stream"):
        parse_item(StreamHeader(stream=stream), body)
