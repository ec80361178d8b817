"""A picture of any size is preprocessed as on this computer, to the bit."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.device import Device
from tinyhost.models.file import ModelFile
from tinyhost.models.reference import HostReference, preprocess
from tinyhost.models.summary import summarize
from tinyhost.protocol.messages import InferSource

pytestmark = pytest.mark.apps("vww")

SIDE = 96


def pictures() -> dict[str, NDArray[np.uint8]]:
    rng = np.random.default_rng(5)
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    return {
        "noise_96x96": rng.integers(0, 256, (SIDE, SIDE)).astype(np.uint8),
        "ramp_96x96": ((x * 2 + y) % 256).astype(np.uint8),
        "noise_120x160": rng.integers(0, 256, (120, 160)).astype(np.uint8),
        "black_96x96": np.zeros((SIDE, SIDE), np.uint8),
        "white_96x96": np.full((SIDE, SIDE), 255, np.uint8),
    }


def test_there_is_room_for_a_picture(device: Device) -> None:
    assert device.info.sample_bytes >= SIDE * SIDE


@pytest.mark.parametrize("name", pictures())
def test_a_picture_is_preprocessed_as_on_the_host(device: Device, default_model: ModelFile, name: str) -> None:
    picture, image = pictures()[name], default_model.image
    expected = preprocess(picture, summarize(image))
    inference = device.infer(InferSource.SAMPLE, data=picture)
    assert inference.sample_crc32 == zlib.crc32(picture.tobytes())
    assert inference.input_crc32 == zlib.crc32(expected)
    assert inference.output == HostReference(image).run(expected)
