"""Live predictions: they are numbered, every drop is reported, and they run only while a host subscribes."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from tinyhost.compiler import ModelImage
from tinyhost.device import Device, PredictionItem
from tinyhost.models.file import ModelFile
from tinyhost.protocol.messages import MessageType, StreamId, StreamRequest
from tinyhost.protocol.status import Status

from hil.tests.streams import ITEM_S, assert_nothing_lost_unreported, take
from hil.tests.wire import Wire

N_ITEMS = 12


def test_predictions_arrive_in_order_and_no_drop_goes_unreported(device: Device, default_model: ModelFile) -> None:
    with device.stream(StreamId.PREDICTIONS) as items:
        predictions = take(items, N_ITEMS)
    assert all(isinstance(item, PredictionItem) for item in predictions)
    assert_nothing_lost_unreported(predictions)


@pytest.mark.needs_scene
def test_a_prediction_has_a_score_for_every_class(device: Device, default_model: ModelFile) -> None:
    n_classes = len(ModelImage.parse(default_model.image).labels)
    with device.stream(StreamId.PREDICTIONS) as items:
        (item,) = take(items, 1)
    assert isinstance(item, PredictionItem)
    assert item.prediction.status == Status.OK
    assert item.prediction.n_classes == len(item.scores) == len(item.smoothed) == n_classes
    assert item.prediction.top in range(n_classes or 1)


def test_a_stream_that_is_switched_off_is_silent(wire: Wire) -> None:
    on = StreamRequest(stream=StreamId.PREDICTIONS, enable=1)
    assert wire.request(MessageType.STREAM, 2, on.pack()) is not None
    began = time.monotonic()
    while not any(frame.type == MessageType.STREAM_DATA for frame in wire.frames(0.1)):
        assert time.monotonic() - began < ITEM_S, "nothing was streamed"
    off = StreamRequest(stream=StreamId.PREDICTIONS, enable=0)
    assert wire.request(MessageType.STREAM, 3, off.pack()) is not None
    assert wire.frames(1.0) == []


def test_a_stream_goes_on_after_a_restart(
    device: Device, default_model: ModelFile, restart: Callable[[], None]
) -> None:
    with device.stream(StreamId.PREDICTIONS) as items:
        take(items, 1)
        restart()
        assert_nothing_lost_unreported(take(items, 3)[-2:])
