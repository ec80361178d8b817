"""One model for two engines: a plan, and the .tflite wrapped for TensorFlow Lite Micro."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tinyhost.compiler import AppDefaults, ModelImage, compile_tflite, image_for_tflm, image_for_tinyhost
from tinyhost.compiler.checksum import image_crc32
from tinyhost.compiler.image import image_engine
from tinyhost.compiler.image_format import (
    TFLM_IMAGE_VERSION,
    AnomalyParams,
    DistanceSource,
    ImageHeader,
    OperatorCode,
    Task,
)
from tinyhost.compiler.tflite_reader import read_tflite
from tinyhost.errors import ModelError, UnsupportedModelError, UsageError
from tinyhost.models.file import load_model_file
from tinyhost.models.reference import HostReference
from tinyhost.models.summary import summarize, summary_of
from tinyhost.protocol.pattern import pattern_bytes

from tests.oracle.builder import ModelBuilder
from tests.oracle.sketch import Sketch

MODELS = Path(__file__).resolve().parents[3] / "models"
NETWORKS = ("vww", "conv", "dense")


def compiled(name: str) -> tuple[ModelImage, bytes]:
    """Return the plan and the .tflite of the picture model that ships, or of a small network."""
    if name == "vww":
        file = load_model_file(MODELS / "vww" / "model.tflite")
        assert file.tflite is not None
        return ModelImage.parse(file.image), file.tflite
    tflite = autoencoder() if name == "dense" else Sketch((1, 12, 10, 3)).conv(8, 3, stride=2).mean().softmax().tflite()
    return ModelImage.parse(compile_tflite(tflite, name=name).image), tflite


def wrapped(name: str) -> ModelImage:
    return ModelImage.parse(image_for_tflm(*compiled(name)))


@pytest.mark.parametrize("name", NETWORKS)
def test_an_image_for_tflm_holds_the_file_and_what_the_firmware_wants_to_know(name: str) -> None:
    plan, tflite = compiled(name)
    image = ModelImage.parse(image_for_tflm(plan, tflite))
    assert (image.engine, image.header.version, image_engine(image.data)) == ("tflm", TFLM_IMAGE_VERSION, "tflm")
    assert image.constants == tflite
    assert image.header.constants_offset % 16 == 0
    assert (image.input, image.output, image.labels) == (plan.input, plan.output, plan.labels)
    assert (image.task, image.name, image.sha256) == (plan.task, plan.name, hashlib.sha256(tflite).hexdigest())
    assert replace(image.metadata, input_tensor=0, output_tensor=0, arena_bytes=0) == replace(
        plan.metadata, input_tensor=0, output_tensor=0, arena_bytes=0
    )


@pytest.mark.parametrize("name", NETWORKS)
def test_its_operators_are_those_of_the_file_one_by_one(name: str) -> None:
    image = wrapped(name)
    graph = read_tflite(image.constants, where=name)
    assert [OperatorCode(record.code).name for record in image.operators] == [op.code for op in graph.operators]
    outputs = [image.tensor_info(record.output).shape for record in image.operators]
    assert outputs == [graph.tensors[op.outputs[0]].shape for op in graph.operators]
    assert set(summary_of(image).operator_codes) == {OperatorCode[op.code] for op in graph.operators}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_plan_of_an_image_for_tflm_is_what_the_file_compiles_to(name: str) -> None:
    plan, tflite = compiled(name)
    assert image_for_tinyhost(ModelImage.parse(image_for_tflm(plan, tflite))) == plan.data
    assert image_for_tinyhost(plan) == plan.data


def autoencoder() -> bytes:
    """Return the .tflite of RESHAPE, then layers of 4, 2 and 4 outputs: a plan has no RESHAPE."""
    builder = ModelBuilder()
    first = builder.tensor([1, 2, 2, 1], scale=0.05)
    shape = builder.integers([1, 4])
    tensor = builder.operator("RESHAPE", [first, shape], builder.tensor([1, 4], scale=0.05))
    for n_in, n_out in [(4, 4), (4, 2), (2, 4)]:
        weights = builder.tensor([n_out, n_in], scale=0.02, data=np.ones((n_out, n_in), np.int8))
        bias = builder.tensor([n_out], dtype="int32", scale=0.001, data=np.zeros(n_out, np.int32))
        output = builder.tensor([1, n_out], scale=0.05)
        tensor = builder.operator("FULLY_CONNECTED", [tensor, weights, bias], output)
    return builder.build([first], [tensor])


def test_the_embedding_is_the_same_operator_however_operators_are_counted() -> None:
    tflite = autoencoder()
    params = AnomalyParams(distance_source=DistanceSource.EMBEDDING, embedding_operator=1)
    defaults = AppDefaults(task_data=params.pack() + b"more")
    plan = ModelImage.parse(compile_tflite(tflite, name="tiny", task=Task.ANOMALY, defaults=defaults).image)
    image = ModelImage.parse(image_for_tflm(plan, tflite))
    embedding = AnomalyParams.unpack(image.task_data).embedding_operator
    assert (embedding, image.tensor_info(image.operators[embedding].output).shape) == (2, (1, 2))
    assert plan.tensor_info(plan.operators[1].output).shape == (1, 2)
    assert image.task_data.endswith(b"more")
    assert image_for_tinyhost(image) == plan.data


def test_an_embedding_that_no_operator_gives_is_refused() -> None:
    params = AnomalyParams(distance_source=DistanceSource.EMBEDDING, embedding_operator=7)
    defaults = AppDefaults(task_data=params.pack())
    plan = ModelImage.parse(compile_tflite(autoencoder(), name="tiny", task=Task.ANOMALY, defaults=defaults).image)
    with pytest.raises(ModelError, match="operator 7, whose output is the embedding, cannot be found"):
        image_for_tflm(plan, autoencoder())


def test_the_host_runs_an_image_for_tflm_as_it_runs_the_plan() -> None:
    plan, tflite = compiled("vww")
    references = [HostReference(data) for data in (plan.data, image_for_tflm(plan, tflite))]
    values = pattern_bytes(5, plan.input.n_bytes)
    assert references[0].run(values) == references[1].run(values)


def test_its_report_counts_the_file_s_work_and_knows_no_arena() -> None:
    plan, report = summarize(compiled("vww")[0].data), summarize(wrapped("vww").data)
    assert (report.macs, report.live_macs, report.n_params) == (plan.macs, plan.macs, plan.n_params)
    assert sum(item.macs for item in report.operators) == plan.macs
    assert (report.arena_bytes, report.buffers) == (0, ())
    assert report.flash_bytes > len(compiled("vww")[1])


@pytest.mark.parametrize("app", ["kws", "anomaly"])
def test_dense_layers_that_the_firmware_s_tflm_gets_wrong_are_refused(app: str) -> None:
    file = load_model_file(MODELS / app / "model.tflite")
    with pytest.raises(UnsupportedModelError, match=r"FULLY_CONNECTED\) has a scale for each output") as refused:
        file.image_for("tflm")
    assert "disable_per_channel_quantization_for_dense_layers" in refused.value.hint


def test_another_file_than_the_plan_was_compiled_from_is_refused() -> None:
    with pytest.raises(ModelError, match=r"was compiled from a \.tflite of SHA-256 [0-9a-f]{16}"):
        image_for_tflm(compiled("vww")[0], compiled("conv")[1])


def damaged(image: ModelImage, offset: int, value: bytes) -> bytes:
    """Return an image with other bytes at an offset, and a CRC that is right again."""
    data = bytearray(image.data)
    assert data[offset : offset + len(value)] != value
    data[offset : offset + len(value)] = value
    crc = image_crc32(data)
    data[: ImageHeader.SIZE] = replace(ImageHeader.unpack(bytes(data)), crc32=crc).pack()
    return bytes(data)


def test_a_file_that_was_changed_inside_of_its_image_is_refused() -> None:
    image = wrapped("vww")
    data = damaged(image, image.header.constants_offset + image.header.constants_bytes - 1, b"\x55")
    with pytest.raises(ModelError, match=r"expected a \.tflite of SHA-256"):
        ModelImage.parse(data)


@pytest.mark.parametrize("what", ["operators", "tensors"])
def test_records_that_are_not_the_file_s_are_refused(what: str) -> None:
    image = wrapped("vww")
    records = {
        "operators": (image.header.operators_offset, replace(image.operators[0], code=OperatorCode.ADD).pack()),
        "tensors": (image.header.tensors_offset, replace(image.tensors[0], scale=3.0).pack()),
    }
    with pytest.raises(ModelError, match=r"its records differ from those of the \.tflite inside it"):
        ModelImage.parse(damaged(image, *records[what]))


def test_a_model_file_gives_each_engine_its_image(tmp_path: Path) -> None:
    file = load_model_file(MODELS / "vww" / "model.tflite")
    assert file.image_for("tinyhost") == file.image
    assert file.image_for("tflm") == wrapped("vww").data
    (tmp_path / "plan.thm").write_bytes(file.image)
    (tmp_path / "wrapped.thm").write_bytes(file.image_for("tflm"))
    assert load_model_file(tmp_path / "wrapped.thm").image_for("tinyhost") == file.image
    with pytest.raises(UsageError, match="a model image for tinyhost's engine; the board runs TensorFlow Lite Micro"):
        load_model_file(tmp_path / "plan.thm").image_for("tflm")
