"""The camera's pictures arrive as they are, numbered, with every drop reported."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.device import Device, FrameItem
from tinyhost.protocol.messages import StreamId

from hil.tests.streams import assert_nothing_lost_unreported, take

pytestmark = [pytest.mark.apps("vww"), pytest.mark.needs_scene]

N_FRAMES = 12


def pictures_of(scene: str) -> list[NDArray[np.uint8]]:
    """Return the scene's pictures in the order in which it plays them."""
    read = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in sorted(Path(scene).glob("*.png"))]
    return [np.asarray(picture, np.uint8) for picture in read if picture is not None]


def test_a_snapshot_is_the_scenes_picture_pixel_by_pixel(device: Device, scene: str) -> None:
    pictures = pictures_of(scene)
    seen = []
    for _ in range(len(pictures)):
        pixels = device.snapshot().pixels
        matches = [n for n, picture in enumerate(pictures) if np.array_equal(picture, pixels)]
        assert matches, "the snapshot is none of the scene's pictures"
        seen += matches
    assert [(seen[0] + n) % len(pictures) for n in range(len(pictures))] == seen


def test_streamed_frames_are_the_scenes_pictures(device: Device, scene: str) -> None:
    pictures = pictures_of(scene)
    with device.stream(StreamId.CAMERA) as items:
        frames = take(items, N_FRAMES)
    assert_nothing_lost_unreported(frames)
    for frame in frames:
        assert isinstance(frame, FrameItem)
        assert any(np.array_equal(frame.pixels, picture) for picture in pictures), f"frame {frame.index}"
