"""Models of several inputs and outputs: one run of bytes each way, equal to the oracle's tensor by tensor."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tinyhost.compiler import ModelImage, Task, compile_tflite, image_for_tflm
from tinyhost.compiler.checksum import image_crc32
from tinyhost.compiler.image_format import ImageHeader, ModelMetadata
from tinyhost.errors import ModelError, UnsupportedModelError, UsageError
from tinyhost.models.io_tensors import pack_inputs, pack_tensors, unpack_tensors
from tinyhost.models.random_input import random_input
from tinyhost.models.reference import HostReference
from tinyhost.models.summary import summarize
from tinyhost.tasks.on_device import check_model

from tests.oracle.builder import ModelBuilder
from tests.oracle.oracle import open_oracle
from tests.oracle.several_ends import several_ends

_ZEROS = (0,) * 10


def _sum(*, n_outputs: int = 2) -> bytes:
    """Return a model of two inputs that gives their sum, in one shape and another."""
    b = ModelBuilder()
    x, y = (b.tensor((1, 5, 3), scale=0.125, zero_point=zero_point) for zero_point in (0, 3))
    total = b.operator("ADD", [x, y], b.tensor((1, 5, 3), scale=0.25), FusedActivationFunction=0)
    flat = b.operator("RESHAPE", [total, b.integers([1, 15])], b.tensor((1, 15), scale=0.25))
    return b.build([x, y], [total, flat][:n_outputs])


@settings(max_examples=25, derandomize=True, deadline=None)
@given(tflite=several_ends(), seed=st.integers(0, 2**31), passes=st.booleans())
def test_each_output_equals_the_oracles(tflite: bytes, seed: int, *, passes: bool) -> None:
    image = compile_tflite(tflite, name="m", passes=passes).image
    model = summarize(image)
    data = random_input(model, seed)
    expected, got = open_oracle(tflite).run(data), HostReference(image).run(data)
    assert unpack_tensors(got, model.outputs) == unpack_tensors(expected, model.outputs)


def test_inputs_and_outputs_lie_one_after_another() -> None:
    model = summarize(compile_tflite(_sum(), name="m").image)
    assert [(end.dtype, end.shape, end.offset, end.zero_point) for end in model.inputs] == [
        ("int8", (1, 5, 3), 0, 0),
        ("int8", (1, 5, 3), 16, 3),
    ]
    assert [(end.shape, end.offset) for end in model.outputs] == [((1, 5, 3), 0), ((1, 15), 16)]
    assert (model.input.dtype, model.input.shape, model.task) == ("uint8", (32,), "generic")


def test_arrays_become_the_input_and_the_outputs_their_sum() -> None:
    image = compile_tflite(_sum(), name="m").image
    model = summarize(image)
    x, y = (np.arange(15, dtype=np.int8).reshape(1, 5, 3) * factor for factor in (2, 4))
    output = HostReference(image).run(pack_inputs([x, y], model.inputs))
    halves = (x.astype(int) + y - 3) / 2
    rounded = np.copysign(np.floor(np.abs(halves) + 0.5), halves).astype(np.int8)  # away from zero
    assert unpack_tensors(output, model.outputs) == [rounded.tobytes()] * 2
    with pytest.raises(UsageError, match="expected inputs of"):
        pack_inputs([x], model.inputs)


def test_a_model_of_one_input_and_one_output_has_no_list_of_them() -> None:
    b = ModelBuilder()
    x = b.tensor((1, 4), scale=1.0)
    y = b.operator("RELU", [x], b.tensor((1, 4), scale=1.0))
    image = compile_tflite(b.build([x], [y]), name="m").parsed
    assert (image.metadata.n_inputs, image.metadata.n_outputs, set(image.metadata.input_tensors)) == (0, 0, {0})
    assert [end.shape for end in (*image.inputs, *image.outputs)] == [(1, 4), (1, 4)]
    assert pack_tensors([b"abc"]) == b"abc"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("n_inputs", 1),
        ("n_outputs", 11),
        ("n_inputs", 10),
        ("input_tensors", (99,) * 10),
        ("output_tensors", (0,) * 10),
    ],
)
def test_an_image_whose_list_is_wrong_is_refused(field: str, value: Any) -> None:
    image = bytearray(compile_tflite(_sum(), name="m").image)
    header = ImageHeader.unpack(bytes(image))
    metadata = ModelMetadata.unpack(bytes(image), header.metadata_offset)
    changes: dict[str, Any] = {field: value}
    changed = replace(metadata, **changes)
    image[header.metadata_offset : header.metadata_offset + ModelMetadata.SIZE] = changed.pack()
    image[: ImageHeader.SIZE] = replace(header, crc32=image_crc32(image)).pack()
    with pytest.raises(ModelError, match=r"m: .*(inputs|tensor index)"):
        ModelImage.parse(bytes(image), where="m")


def test_apps_and_labels_and_the_other_engine_are_refused_by_name() -> None:
    with pytest.raises(UnsupportedModelError, match="2 inputs and 2 outputs, but the app kws runs"):
        compile_tflite(_sum(), name="m", task=Task.KWS)
    with pytest.raises(UsageError, match="2 inputs and 1 output, but only a model with one output can have labels"):
        compile_tflite(_sum(n_outputs=1), name="m", labels=["a"] * 3)
    image = compile_tflite(_sum(), name="m").image
    with pytest.raises(UnsupportedModelError, match="one with 2 inputs and 2 outputs; the app supports one of each"):
        check_model(summarize(image), "vww", board="b")
    with pytest.raises(UnsupportedModelError, match="2 inputs and 2 outputs; an image for TensorFlow Lite Micro"):
        image_for_tflm(ModelImage.parse(image), _sum())
