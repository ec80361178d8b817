from __future__ import annotations

import hashlib

import numpy as np
import pytest
from tinyhost.compiler import AppDefaults, ModelImage, Task, compile_tflite
from tinyhost.errors import ModelError, UnsupportedModelError, UsageError

from tests.oracle.builder import ModelBuilder
from tests.oracle.oracle import run_compiled
from tests.unit.compiler.models import picture_classifier


def test_image_tells_what_the_model_is() -> None:
    data = picture_classifier()
    image = ModelImage.parse(compile_tflite(data, name="hall", labels=["empty", "person"]).image)
    assert image.name == "hall"
    assert image.task == Task.VWW
    assert image.labels == ("empty", "person")
    assert image.metadata.target_label == 1
    assert image.sha256 == hashlib.sha256(data).hexdigest()
    assert image.input.shape == (1, 32, 32, 1)
    assert (image.output.shape, image.output.zero_point, image.output.scale) == ((1, 2), -128, 1 / 256)
    assert image.metadata.threshold == 0  # half of 1 in units of 1/256 from -128


def test_report_counts_the_work() -> None:
    report = compile_tflite(picture_classifier(), name="hall").report
    assert [op.code for op in report.operators] == ["DEPTHWISE_CONV_2D", "MEAN", "FULLY_CONNECTED", "SOFTMAX"]
    assert [op.macs for op in report.operators] == [16 * 16 * 4 * 9, 0, 8, 0]
    assert [op.weight_bytes for op in report.operators] == [36, 0, 8, 0]
    assert report.macs == 16 * 16 * 4 * 9 + 8
    assert report.n_params == 36 + 4 + 8
    assert report.flash_bytes == len(compile_tflite(picture_classifier(), name="hall").image)
    assert report.arena_bytes < 32 * 32 + 16 * 16 * 4  # input and first output overlap


def test_compilation_is_repeatable() -> None:
    assert compile_tflite(picture_classifier(), name="a").image == compile_tflite(picture_classifier(), name="a").image


def test_unsupported_operator_is_named_with_the_way_out() -> None:
    b = ModelBuilder()
    x = b.tensor((1, 4), scale=1.0)
    y = b.tensor((1, 4), scale=1.0)
    b.operator("SIGN", [x], y)
    with pytest.raises(UnsupportedModelError, match=r"operator 0 \(SIGN\)") as caught:
        compile_tflite(b.build([x], [y]), name="m")
    assert "model-image.md" in caught.value.hint


def test_an_operator_that_is_int8_alone_is_refused_with_floats() -> None:
    b = ModelBuilder()
    x, y = (b.tensor((1, 4), dtype="float32") for _ in range(2))
    b.operator("GELU", [x], y)
    with pytest.raises(UnsupportedModelError, match="a tensor is float32"):
        compile_tflite(b.build([x], [y]), name="m")


@pytest.mark.parametrize("labels", [["only one"], ["a", "b", "c"], ["a", ""]])
def test_labels_must_fit_the_output(labels: list[str]) -> None:
    with pytest.raises(UsageError, match="label"):
        compile_tflite(picture_classifier(), name="m", labels=labels)


def test_pixel_range_becomes_a_fixed_point_map() -> None:
    data = picture_classifier()
    default = ModelImage.parse(compile_tflite(data, name="m").image).metadata
    assert [(p * default.pixel_multiplier + default.pixel_offset) >> 16 for p in (0, 128, 255)] == [-128, 0, 127]
    signed = AppDefaults(pixel_range=(0.25, 0.75))
    metadata = ModelImage.parse(compile_tflite(data, name="m", defaults=signed).image).metadata
    expected = [round(real * 255) - 128 for real in (0.25, 0.75)]
    assert [(p * metadata.pixel_multiplier + metadata.pixel_offset) >> 16 for p in (0, 255)] == expected


def test_reshape_is_no_operator() -> None:
    b = ModelBuilder()
    x = b.tensor((1, 2, 2, 3), scale=1.0)
    y = b.tensor((1, 12), scale=1.0)
    b.operator("RESHAPE", [x, b.integers([1, 12])], y)
    compiled = compile_tflite(b.build([x], [y]), name="m")
    assert compiled.report.operators == ()
    assert compiled.report.arena_bytes == 16


def test_damaged_image_is_refused() -> None:
    image = compile_tflite(picture_classifier(), name="m").image
    for at in range(0, len(image), 97):
        damaged = bytearray(image)
        damaged[at] ^= 0x10
        with pytest.raises(ModelError):
            ModelImage.parse(bytes(damaged))
    for length in (0, 3, 63, 64, len(image) - 1):
        with pytest.raises(ModelError):
            ModelImage.parse(image[:length])


@pytest.mark.parametrize(("code", "scale", "zero_point"), [("LOGISTIC", 1 / 256, -128), ("TANH", 1 / 128, 0)])
def test_a_curve_of_coarse_inputs_is_a_step_and_0_is_below_it_as_in_tflm(
    code: str, scale: float, zero_point: int
) -> None:
    b = ModelBuilder()
    x, y = b.tensor((1, 3), scale=16.0), b.tensor((1, 3), scale=scale, zero_point=zero_point)
    b.operator(code, [x], y)
    compiled = compile_tflite(b.build([x], [y]), name="m")
    [output] = run_compiled(compiled, [np.array([[-1, 0, 1]], np.int8)], simd=False)
    assert output.tolist() == [[-128, -128, 127]]
