"""Firmware that was built with a few operators only: env vww_m4_small."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from tinyhost import _firmware
from tinyhost.compiler import compile_tflite
from tinyhost.compiler.image import ModelImage
from tinyhost.compiler.image_format import OperatorCode
from tinyhost.device import Device
from tinyhost.errors import UnsupportedModelError
from tinyhost.models.push import push_image
from tinyhost.protocol.messages import InferSource

from tests.device.rig import small_model
from tests.oracle.builder import ModelBuilder
from tests.stations import Stations, shipped_image

pytestmark = [pytest.mark.firmware, pytest.mark.xdist_group("m4")]

SELECTED = {
    OperatorCode.CONV_2D,
    OperatorCode.DEPTHWISE_CONV_2D,
    OperatorCode.AVERAGE_POOL_2D,
    OperatorCode.FULLY_CONNECTED,
    OperatorCode.SOFTMAX,
}


@pytest.fixture
def device(stations: Stations) -> Iterator[Device]:
    with stations("m4", build="m4_small").board.power() as power, Device.open(power) as opened:
        yield opened


def _product() -> bytes:
    """Return the image of a MUL."""
    builder = ModelBuilder()
    x, y = builder.tensor((1, 4), scale=0.5), builder.tensor((1, 4), scale=0.5)
    factor = builder.tensor((1, 4), scale=0.5, data=np.array([[1, 2, 3, 4]], np.int8))
    builder.operator("MUL", [x, factor], y, FusedActivationFunction=0)
    return compile_tflite(builder.build([x], [y]), name="product").image


def test_a_model_that_needs_another_operator_is_refused_before_it_is_sent(device: Device) -> None:
    assert device.info.operators == sum(1 << code for code in SELECTED)
    push_image(device, small_model(1))
    with pytest.raises(
        UnsupportedModelError, match=r"needs operators of the group core \(MUL\), which this firmware was built without"
    ):
        push_image(device, _product())
    active = [slot.name for slot in device.models() if slot.active]
    assert active == ["small 1"]


def test_the_shipped_model_answers_as_on_the_host(device: Device) -> None:
    image = shipped_image("vww")
    device.push(image)
    values = device.prepared_input(InferSource.PATTERN, seed=7)
    engine = _firmware.Engine(ModelImage.parse(image).metadata.arena_bytes)
    engine.load(image)
    engine.set_input(values)
    engine.invoke()
    assert device.infer(InferSource.PATTERN, seed=7).output == engine.output().tobytes()
