"""What the board sends by itself: predictions and pictures, numbered, with every drop reported."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.device import Device, FrameItem, PredictionItem, StreamItem, Subscription
from tinyhost.models.file import ModelFile
from tinyhost.protocol.messages import MessageType, StreamId, StreamRequest
from tinyhost.protocol.status import Status

from hil.tests.wire import Wire

N_ITEMS = 12
ITEM_S = 20.0


def take(items: Subscription, n_items: int) -> list[StreamItem]:
    """Return the next items; fails when one takes longer than ITEM_S."""
    taken: list[StreamItem] = []
    for _ in range(n_items):
        item = items.get(ITEM_S)
        assert item is not None, f"no item in {ITEM_S} s, after {len(taken)}"
        taken.append(item)
    return taken


def assert_nothing_lost_unreported(items: Sequence[StreamItem]) -> None:
    """Every gap in the numbering is covered by what board and host say they dropped."""
    for before, after in pairwise(items):
        reported = after.device_dropped - before.device_dropped + after.host_dropped - before.host_dropped
        assert after.index - before.index - 1 == reported
        assert after.timestamp_us > before.timestamp_us
    assert items[-1].link_lost == 0


def pictures_of(scene: str) -> list[NDArray[np.uint8]]:
    """Return the scene's pictures in the order in which it plays them."""
    read = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in sorted(Path(scene).glob("*.png"))]
    return [np.asarray(picture, np.uint8) for picture in read if picture is not None]


def test_predictions_arrive_in_order_and_no_drop_goes_unreported(device: Device, default_model: ModelFile) -> None:
    with device.stream(StreamId.PREDICTIONS) as items:
        predictions = take(items, N_ITEMS)
    assert all(isinstance(item, PredictionItem) for item in predictions)
    assert_nothing_lost_unreported(predictions)


@pytest.mark.needs_scene
def test_a_prediction_has_a_score_for_every_class(device: Device, default_model: ModelFile) -> None:
    with device.stream(StreamId.PREDICTIONS) as items:
        (item,) = take(items, 1)
    assert isinstance(item, PredictionItem)
    assert item.prediction.status == Status.OK
    assert item.prediction.n_classes == len(item.scores) == len(item.smoothed) == 2
    assert item.prediction.top in range(2)


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


@pytest.mark.needs_scene
def test_a_snapshot_is_the_scenes_picture_pixel_by_pixel(device: Device, scene: str) -> None:
    pictures = pictures_of(scene)
    seen = []
    for _ in range(len(pictures)):
        pixels = device.snapshot().pixels
        matches = [n for n, picture in enumerate(pictures) if np.array_equal(picture, pixels)]
        assert matches, "the snapshot is none of the scene's pictures"
        seen += matches
    assert [(seen[0] + n) % len(pictures) for n in range(len(pictures))] == seen


@pytest.mark.needs_scene
def test_streamed_frames_are_the_scenes_pictures(device: Device, scene: str) -> None:
    pictures = pictures_of(scene)
    with device.stream(StreamId.CAMERA) as items:
        frames = take(items, N_ITEMS)
    assert_nothing_lost_unreported(frames)
    for frame in frames:
        assert isinstance(frame, FrameItem)
        assert any(np.array_equal(frame.pixels, picture) for picture in pictures), f"frame {frame.index}"
