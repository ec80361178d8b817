"""Models of other kinds on the Nano's own program, as the emulated Nano runs it: a heat map, and floats."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from tinyhost import _firmware
from tinyhost.compiler import compile_tflite
from tinyhost.compiler.image import ModelImage
from tinyhost.device import Device
from tinyhost.models.push import push_image
from tinyhost.protocol.messages import InferSource

from tests.oracle.builder import ModelBuilder
from tests.oracle.sketch import Sketch
from tests.stations import Stations

pytestmark = [pytest.mark.firmware, pytest.mark.soak]

_SIDE = 32


def _heat_map() -> bytes:
    """Return a network that scores three classes in each of 8 x 8 cells, as FOMO."""
    sketch = Sketch((1, _SIDE, _SIDE, 1))
    sketch.conv(8, 3, stride=2, activation=3).depthwise(3, stride=2, activation=3).conv(16, 1, activation=3)
    return sketch.conv(3, 1, activation=0).softmax().tflite()


def _of_floats() -> bytes:
    """Return two dense layers, with an activation of each kind that float models have."""
    builder, rng = ModelBuilder(), np.random.default_rng(1)
    root = index = builder.tensor((1, 12), dtype="float32")
    for n_out, activation in ((8, "TANH"), (4, "SOFTMAX")):
        n_in = builder.tensors[index].shape[-1]
        weights = builder.tensor((n_out, n_in), dtype="float32", data=rng.normal(size=(n_out, n_in)).astype("f4"))
        sums = builder.tensor((1, n_out), dtype="float32")
        builder.operator("FULLY_CONNECTED", [index, weights], sums, FusedActivationFunction=1)
        options = {"Beta": 1.0} if activation == "SOFTMAX" else {}
        index = builder.operator(activation, [sums], builder.tensor((1, n_out), dtype="float32"), **options)
    return builder.build([root], [index])


@pytest.mark.parametrize(("make", "build"), [(_heat_map, ""), (_of_floats, "nano33ble_all")])
def test_the_nano_answers_as_the_host(stations: Stations, make: Callable[[], bytes], build: str) -> None:
    image = compile_tflite(make(), name="other").image
    engine = _firmware.Engine(ModelImage.parse(image).metadata.arena_bytes)
    engine.load(image)
    with stations("nano33emu", build=build).board.power() as power, Device.open(power) as device:
        push_image(device, image)
        for seed in range(3):
            values = device.prepared_input(InferSource.PATTERN, seed=seed)
            engine.set_input(values)
            engine.invoke()
            assert device.infer(InferSource.PATTERN, seed=seed).output == engine.output().tobytes()
