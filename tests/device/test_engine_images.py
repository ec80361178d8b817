"""A model image for one engine is rejected by firmware with the other, with an error that says so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tinyhost.compiler import compile_tflite
from tinyhost.device import Device
from tinyhost.errors import DeviceError, UnsupportedModelError
from tinyhost.models.file import load_model_file
from tinyhost.models.io_tensors import unpack_tensors
from tinyhost.models.push import push_image
from tinyhost.models.random_input import drawn_input, random_input
from tinyhost.models.reference import open_reference
from tinyhost.models.summary import summarize
from tinyhost.protocol.messages import InferSource, SlotState
from tinyhost.protocol.status import Status

from tests.oracle.builder import ModelBuilder
from tests.oracle.oracle import ORACLE_NAME
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


def test_each_of_several_inputs_and_outputs_is_that_of_the_reference(device: Device) -> None:
    b = ModelBuilder()
    x, y = b.tensor((1, 5), dtype="int16", scale=0.05), b.tensor((1, 3), dtype="float32")
    chances = b.operator("SOFTMAX", [x], b.tensor((1, 5), dtype="int16", scale=2.0**-15), Beta=1.0)
    tflite = b.build([x, y], [chances, b.operator("QUANTIZE", [y], b.tensor((1, 3), scale=0.01))])
    image = compile_tflite(tflite, name="several").image
    device.push(image)
    model, reference = summarize(image), open_reference(ORACLE_NAME, image=image, tflite=tflite)
    for seed in range(10):
        source, data = drawn_input(model, seed)
        output = device.infer(source, data=data, seed=seed).output
        assert unpack_tensors(output, model.outputs) == unpack_tensors(
            reference.run(random_input(model, seed)), model.outputs
        )
