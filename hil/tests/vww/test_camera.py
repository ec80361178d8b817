"""The camera's pictures arrive unchanged and numbered, and every drop is reported."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.boards.scenes import SampleSource, open_scene
from tinyhost.boards.scenes.base import LiveSource
from tinyhost.device import Device, FrameItem
from tinyhost.protocol.messages import StreamId

from hil.tests.streams import assert_nothing_lost_unreported, take

pytestmark = [pytest.mark.apps("vww"), pytest.mark.needs_scene]

N_FRAMES = 12
LIKE = 0.9
"""correlation of what is the same picture; different test cards have 0.6 at most"""


def pictures_of(scene: str) -> list[NDArray[np.uint8]]:
    """Return the scene's pictures in the order in which they are played."""
    read = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in sorted(Path(scene).glob("*.png"))]
    return [np.asarray(picture, np.uint8) for picture in read if picture is not None]


def seen_by_a_camera(scene: str, n_pictures: int, size: int) -> list[NDArray[np.uint8]]:
    """Return the scene's pictures as the Nano's camera sees them, of 160x120, and its driver cuts and scales them."""
    source = open_scene(scene)
    assert not isinstance(source, (SampleSource, LiveSource))
    frames = [source.next_frame(160, 120)[:, 20:140] for _ in range(n_pictures)]
    return [np.asarray(cv2.resize(frame, (size, size), interpolation=cv2.INTER_AREA), np.uint8) for frame in frames]


def likeness(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Return the correlation of two pictures of one size."""
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


@pytest.mark.needs_exact_scene
def test_a_snapshot_is_the_scenes_picture_pixel_by_pixel(device: Device, scene: str) -> None:
    pictures = pictures_of(scene)
    seen = []
    for _ in range(len(pictures)):
        pixels = device.snapshot().pixels
        matches = [n for n, picture in enumerate(pictures) if np.array_equal(picture, pixels)]
        assert matches, "the snapshot is none of the scene's pictures"
        seen += matches
    assert [(seen[0] + n) % len(pictures) for n in range(len(pictures))] == seen


def test_snapshots_show_the_scenes_pictures_in_turn(device: Device, scene: str) -> None:
    pictures = pictures_of(scene)
    seen = []
    for _ in range(len(pictures)):
        pixels = device.snapshot().pixels
        there = [pictures, seen_by_a_camera(scene, len(pictures), len(pixels))]
        likenesses = [max(likeness(pixels, picture) for picture in each) for each in zip(*there, strict=True)]
        assert max(likenesses) > LIKE, likenesses
        seen.append(int(np.argmax(likenesses)))
    assert [(seen[0] + n) % len(pictures) for n in range(len(pictures))] == seen


def test_streamed_frames_are_numbered_and_no_drop_goes_unreported(device: Device) -> None:
    with device.stream(StreamId.CAMERA) as items:
        frames = take(items, N_FRAMES)
    assert all(isinstance(frame, FrameItem) for frame in frames)
    assert_nothing_lost_unreported(frames)


@pytest.mark.needs_exact_scene
def test_streamed_frames_are_the_scenes_pictures(device: Device, scene: str) -> None:
    pictures = pictures_of(scene)
    with device.stream(StreamId.CAMERA) as items:
        frames = take(items, N_FRAMES)
    for frame in frames:
        assert isinstance(frame, FrameItem)
        assert any(np.array_equal(frame.pixels, picture) for picture in pictures), f"frame {frame.index}"
