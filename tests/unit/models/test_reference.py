"""The references that a device is compared with."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from tinyhost.errors import MissingToolError, ModelError, UsageError
from tinyhost.models.file import load_model_file
from tinyhost.models.reference import HostReference, ReferenceName, open_reference, preprocess
from tinyhost.protocol.pattern import pattern_bytes

from tests.oracle.builder import ModelBuilder
from tests.oracle.oracle import ORACLE_IS_TFLM
from tests.unit.bench.samples import SHIPPED_MODEL, shipped_model


def test_a_picture_becomes_the_input_tensor() -> None:
    model = shipped_model()
    pixels = np.random.default_rng(1).integers(0, 256, (96, 96), dtype=np.uint8)
    expected = (pixels.astype(np.int16) - 128).astype(np.int8)
    assert preprocess(pixels, model) == expected.tobytes()
    unsigned = replace(model, input=replace(model.input, dtype="uint8", zero_point=0), pixel_map=(1 << 16, 1 << 15))
    assert preprocess(pixels, unsigned) == pixels.tobytes()
    with pytest.raises(ModelError, match="not a picture"):
        preprocess(pixels, replace(model, input=replace(model.input, shape=(1, 640))))


def test_steps_of_the_host_end_with_its_output() -> None:
    reference = HostReference(load_model_file(SHIPPED_MODEL).image)
    data = pattern_bytes(5, 96 * 96)
    *_, (last, output) = reference.steps(data)
    assert last == len(shipped_model().operators) - 1
    assert output == reference.run(data)


@pytest.mark.parametrize("name", ["tflm", "litert"])
def test_other_peoples_code_needs_the_tflite_file(name: ReferenceName) -> None:
    with pytest.raises(UsageError, match=r"\.tflite"):
        open_reference(name, image=load_model_file(SHIPPED_MODEL).image, tflite=None)


@pytest.mark.parametrize(("name", "module"), [("tflm", "tflite_micro"), ("litert", "ai_edge_litert.interpreter")])
def test_a_missing_wheel_is_named(name: ReferenceName, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingToolError, match="not installed") as error:
        open_reference(name, image=b"", tflite=b"x")
    assert "pip install" in error.value.hint


def test_a_damaged_image_is_refused() -> None:
    with pytest.raises(ModelError):
        HostReference(load_model_file(SHIPPED_MODEL).image[:-1])


if ORACLE_IS_TFLM:  # LiteRT runs this

    def test_a_model_whose_inference_the_wheel_refuses_is_no_crash() -> None:
        b = ModelBuilder()
        x = b.tensor((1, 4), dtype="uint8")
        y = b.operator("CAST", [x], b.tensor((1, 4), dtype="float32"))
        reference = open_reference("tflm", image=b"", tflite=b.build([x], [y]))
        with pytest.raises(ModelError, match="tflite-micro does not run this model") as error:
            reference.run(bytes(4))
        assert "--against host" in error.value.hint
