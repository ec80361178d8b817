"""Models in other containers: an array of bytes in C source, and the zips of Teachable Machine and Edge Impulse."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from tinyhost.errors import ModelError, UsageError
from tinyhost.models.file import load_model_file
from tinyhost.models.wrapped import label_lines, unwrapped

from tests.unit.compiler.models import picture_classifier
from tests.wrapped_models import c_array, zipped

_TFLITE = picture_classifier()


@pytest.mark.parametrize("decimal", [False, True])
def test_an_array_of_bytes_is_the_model_that_it_lists(tmp_path: Path, decimal: bool) -> None:
    path = tmp_path / "hall.h"
    path.write_bytes(c_array(_TFLITE, decimal=decimal))
    file = load_model_file(path, ["empty", "person"])
    assert (file.tflite, file.summary.name, file.summary.labels) == (_TFLITE, "hall", ("empty", "person"))


def test_a_zip_of_teachable_machine_gives_model_and_labels_without_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "converted_tflite_quantized.zip"
    path.write_bytes(zipped({"model.tflite": _TFLITE, "labels.txt": b"0 empty hall\n1 person\n"}))
    assert load_model_file(path).summary.labels == ("empty hall", "person")


def test_a_library_of_edge_impulse_gives_model_and_categories(tmp_path: Path) -> None:
    categories = b'const char* ei_classifier_inferencing_categories[] = { "empty", "person" };\n'
    files = {
        "hall_inferencing/src/tflite-model/tflite_learn_3.h": c_array(_TFLITE),
        "hall_inferencing/src/model-parameters/model_variables.h": categories,
        "hall_inferencing/src/sdk/other.cpp": b"int numbers[] = { 1, 2, 3 };",
        "__MACOSX/._model.tflite": b"junk",
    }
    path = tmp_path / "ei-hall-arduino-1.0.1.zip"
    path.write_bytes(zipped(files))
    file = load_model_file(path)
    assert (file.tflite, file.summary.labels) == (_TFLITE, ("empty", "person"))


def test_an_array_that_is_there_twice_is_one_model() -> None:
    found = unwrapped(zipped({"a/model.cc": c_array(_TFLITE), "model.tflite": _TFLITE}), where="m.zip")
    assert found is not None
    assert found.tflite == _TFLITE


@pytest.mark.parametrize(
    ("files", "words", "way_out"),
    [
        ({"tflite-model/compiled.cpp": b"const int8_t tensor_data0[4] = { 1, 2, 3, 4 };"}, "without a .tflite", "EON"),
        ({"a.tflite": _TFLITE, "b.tflite": _TFLITE + b"\0"}, "holds 2 models: a.tflite, b.tflite", "name one"),
        ({"a.h": b" " * ((16 << 20) + 1)}, "expected at most 16777216 B", "unpack"),
    ],
)
def test_a_zip_without_one_model_of_sane_size_is_refused(files: dict[str, bytes], words: str, way_out: str) -> None:
    with pytest.raises(ModelError, match=words) as refused:
        unwrapped(zipped(files), where="m.zip")
    assert way_out in refused.value.hint


def test_a_zip_that_is_cut_short_is_reported() -> None:
    with pytest.raises(ModelError, match="a damaged zip"):
        unwrapped(zipped({"model.tflite": _TFLITE})[:-30], where="m.zip")


@pytest.mark.parametrize(
    "source",
    [
        c_array(_TFLITE).replace(b"0x46", b"256", 1),
        c_array(_TFLITE).replace(b"0x46", b"sizeof(x)", 1),
        c_array(_TFLITE)[: len(c_array(_TFLITE)) // 2],
        b"model[] = {" + b"/*" * 100_000,
        b"kCategoryLabels[" * 10_000,
    ],
)
def test_text_that_lists_no_model_is_none(source: bytes, tmp_path: Path) -> None:
    assert unwrapped(source, where="m.h") is None
    (tmp_path / "m.h").write_bytes(source)
    with pytest.raises(ModelError, match="TFL3"):
        load_model_file(tmp_path / "m.h")


def test_labels_of_an_export_that_do_not_fit_its_model_are_reported(tmp_path: Path) -> None:
    (tmp_path / "m.zip").write_bytes(zipped({"model.tflite": _TFLITE, "labels.txt": b"a\nb\nc\n"}))
    with pytest.raises(UsageError, match="expected 2 labels"):
        load_model_file(tmp_path / "m.zip")


@pytest.mark.parametrize(
    ("text", "labels"),
    [("0 no\n1 yes\n", ("no", "yes")), ("1 no\n2 yes\n", ("1 no", "2 yes")), ("\nno\n yes \n", ("no", "yes"))],
)
def test_numbers_in_front_of_labels_are_left_out_where_they_are_indices(text: str, labels: tuple[str, ...]) -> None:
    assert label_lines(text) == labels


@pytest.mark.parametrize(
    ("data", "words", "way_out"),
    [
        (b"", "an empty file", "download"),
        (b"\x89HDF\r\n\x1a\n", "a Keras model in HDF5", "from_keras_model"),
        (zipped({"config.json": b"{}", "model.weights.h5": b""}), "a Keras model", "from_keras_model"),
        (zipped({"m/saved_model.pb": b""}), "a SavedModel", "from_saved_model"),
        (zipped({"archive/data.pkl": b""}), "a PyTorch model", "litert-torch"),
        (b"\x08\x0a\x12\x07pytorch", "an ONNX model", "onnx2tf"),
        (gzip.compress(b"model"), "packed with gzip", "unpack"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS", "git lfs pull"),
        (b"\n<!DOCTYPE html><title>404</title>", "a page of HTML", "download"),
    ],
    ids=["empty", "hdf5", "keras", "saved_model", "pytorch", "onnx", "gzip", "git_lfs", "html"],
)
def test_a_file_of_another_format_is_named_with_the_way_to_a_tflite(data: bytes, words: str, way_out: str) -> None:
    with pytest.raises(ModelError) as refused:
        unwrapped(data, where="m")
    assert refused.value.message == f"m: {words}, expected a .tflite"
    assert way_out in refused.value.hint
