"""A model image for one engine, and firmware with the other: refused, and told apart."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tinyhost.device import Device
from tinyhost.errors import DeviceError, UnsupportedModelError
from tinyhost.models.file import load_model_file
from tinyhost.models.push import push_image
from tinyhost.protocol.messages import InferSource, SlotState
from tinyhost.protocol.status import Status

from tests.stations import SHIPPED_MODELS, Stations, shipped_image

pytestmark = pytest.mark.firmware


@pytest.fixture
def device(stations: Stations) -> Iterator[Device]:
    with stations("native").board.power() as power, Device.open(power) as opened:
        yield opened


def test_an_image_for_the_other_engine_is_refused_before_it_is_sent(device: Device) -> None:
    image = load_model_file(SHIPPED_MODELS["vww"]).image_for("tflm")
    with pytest.raises(UnsupportedModelError, match="is for the engine tflm; this firmware has tinyhost") as refused:
        push_image(device, image)
    assert refused.value.hint.endswith("tinyhost flash vww --engine tflm")
    assert [slot.state for slot in device.models()] == [SlotState.EMPTY, SlotState.EMPTY]


def test_the_firmware_refuses_it_too(device: Device) -> None:
    device.push(shipped_image("vww"))
    with pytest.raises(DeviceError, match="for an engine, that this firmware lacks") as refused:
        device.push(load_model_file(SHIPPED_MODELS["vww"]).image_for("tflm"))
    assert refused.value.status == Status.IMAGE_VERSION
    assert [slot.name for slot in device.models() if slot.active] == ["vww"]


def test_the_board_says_what_a_model_takes_of_the_arena(device: Device) -> None:
    device.push(shipped_image("vww"))
    model = device.active_model()
    assert model is not None
    assert device.infer(InferSource.PATTERN).arena_bytes == model.metadata.arena_bytes > 0
