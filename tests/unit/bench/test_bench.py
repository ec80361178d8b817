from __future__ import annotations

import hashlib
import io
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from rich.console import Console
from tinyhost.bench.difference import DiffSample, host_input, load_sample, stage_of
from tinyhost.bench.document import bench_document
from tinyhost.errors import DatasetError, MissingToolError, ModelError, UsageError
from tinyhost.metrics.spread import Spread
from tinyhost.models.catalogue import MODELS
from tinyhost.models.file import load_model_file
from tinyhost.models.fits import check_fit, too_many_classes
from tinyhost.models.reference import HostReference, ReferenceName, open_reference, preprocess
from tinyhost.models.summary import alive_bytes, summarize
from tinyhost.protocol.pattern import pattern_bytes
from tinyhost.tasks.classes import Accuracy, check_labels
from tinyhost.tasks.vision.task import fitting
from tinyhost.views.inspect import inspect_view

from tests.json_docs import check_document
from tests.unit.bench.samples import SHIPPED_MODEL, full_result, keyword_result, shipped_model


def test_spread_of_runs() -> None:
    assert Spread.of([5, 1, 3]) == Spread(min=1, median=3, max=5)
    assert Spread.of([1, 2]) == Spread(min=1, median=1, max=2)


def test_precision_and_recall_from_the_confusion(tmp_path: Path) -> None:
    (accuracy,) = full_result(tmp_path).findings
    assert isinstance(accuracy, Accuracy)
    assert (accuracy.n, accuracy.top1) == (4, 0.75)
    scores = accuracy.per_class()
    assert (scores["no_person"].precision, scores["no_person"].recall) == (1.0, 0.5)
    assert (scores["person"].n, scores["person"].precision, scores["person"].recall) == (2, 2 / 3, 1.0)
    never_said = replace(accuracy, confusion=((0, 2), (0, 2)))
    assert never_said.per_class()["no_person"].precision is None


def test_documents_are_as_documented(tmp_path: Path) -> None:
    result = full_result(tmp_path)
    check_document(bench_document(result))
    check_document(bench_document(replace(result, agreement=None, findings=(), link=None)))
    check_document(bench_document(keyword_result(tmp_path)))


def test_clips_and_pictures_have_keys_of_their_own(tmp_path: Path) -> None:
    pictures, clips = (bench_document(make(tmp_path))["accuracy"] for make in (full_result, keyword_result))
    assert (len(pictures["pictures"]), pictures["clips"], pictures["keywords"]) == (4, [], None)
    assert (clips["pictures"], len(clips["clips"]), clips["kind"]) == ([], 4, "clips")
    assert clips["keywords"]["false_accept_rate"] == 0.5


def test_a_training_runs_model_has_its_folders_name_and_labels(tmp_path: Path) -> None:
    model = summarize(load_model_file(SHIPPED_MODEL).image)
    assert (model.name, model.labels) == ("vww", ("no_person", "person"))
    shutil.copy(SHIPPED_MODEL, tmp_path / "mine.tflite")
    file = load_model_file(tmp_path / "mine.tflite", ("a", "b"))
    assert summarize(file.image).name == "mine"
    assert summarize(file.image).labels == ("a", "b")
    (tmp_path / "mine.thm").write_bytes(file.image)
    again = load_model_file(tmp_path / "mine.thm")
    assert again.image == file.image
    assert again.tflite is None


def test_a_file_of_the_catalogue_has_its_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = SHIPPED_MODEL.read_bytes()
    (tmp_path / "fetched.tflite").write_bytes(content)
    assert summarize(load_model_file(tmp_path / "fetched.tflite").image).labels == ()
    known = replace(MODELS["person_detect"], sha256=hashlib.sha256(content).hexdigest(), labels=("off", "on"))
    monkeypatch.setitem(MODELS, "person_detect", known)
    assert summarize(load_model_file(tmp_path / "fetched.tflite").image).labels == ("off", "on")


def test_operators_add_up_to_the_models_figures() -> None:
    model = shipped_model()
    assert sum(item.macs for item in model.operators) == model.live_macs
    assert max(alive_bytes(model, item.index) for item in model.operators) <= model.arena_bytes


def test_fit_is_decided_by_both_limits() -> None:
    model = shipped_model()
    assert check_fit(model).fits
    assert not check_fit(replace(model, arena_bytes=114_689)).fits
    assert not check_fit(replace(model, flash_bytes=323_585)).fits


def test_a_keyword_model_has_the_limits_of_its_app() -> None:
    words = replace(shipped_model(), name="words", task="kws", arena_bytes=49_152)
    assert check_fit(words).fits
    assert not check_fit(replace(words, arena_bytes=49_153)).fits
    assert too_many_classes(words) == ""
    many = replace(words, output=replace(words.output, shape=(1, 17)))
    assert not check_fit(many).fits
    assert too_many_classes(many).startswith("words has 17 classes, the app kws takes 16")
    assert too_many_classes(replace(many, task="generic")) == ""
    table = io.StringIO()
    Console(file=table, width=100).print(inspect_view(many, check_fit(many), 100))
    assert re.search(r"classes +17 +of 16 that an app takes", table.getvalue())


def test_a_picture_becomes_the_input_tensor() -> None:
    model = shipped_model()
    pixels = np.random.default_rng(1).integers(0, 256, (96, 96), dtype=np.uint8)
    expected = (pixels.astype(np.int16) - 128).astype(np.int8)
    assert preprocess(pixels, model) == expected.tobytes()
    unsigned = replace(model, input=replace(model.input, dtype="uint8", zero_point=0), pixel_map=(1 << 16, 1 << 15))
    assert preprocess(pixels, unsigned) == pixels.tobytes()
    with pytest.raises(ModelError, match="no picture"):
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


def test_a_stage_says_how_much_differs_and_where() -> None:
    host = np.arange(12, dtype=np.int8).reshape(3, 4)
    device = host.copy()
    assert stage_of("x", "int8", (3, 4), host.tobytes(), device.tobytes()).same
    device[1, 2] -= 9
    device[2, 3] += 1
    stage = stage_of("x", "int8", (3, 4), host.tobytes(), device.tobytes())
    assert not stage.same
    assert (stage.n_different, stage.max_abs_difference, stage.first_difference) == (2, 9.0, (1, 2))
    shorter = stage_of("x", "int8", (3, 4), host.tobytes(), device.tobytes()[:5])
    assert not shorter.same
    assert shorter.n_different is None


def test_samples_are_pictures_tensors_or_seeds(tmp_path: Path) -> None:
    model = shipped_model()
    pixels = np.random.default_rng(2).integers(0, 256, (96, 96), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), pixels)
    tensor = pattern_bytes(3, model.input.n_bytes)
    np.save(tmp_path / "a.npy", np.frombuffer(tensor, np.int8))
    (tmp_path / "a.bin").write_bytes(tensor)
    assert host_input(model, load_sample(tmp_path / "a.png", 0, model)) == preprocess(pixels, model)
    assert host_input(model, load_sample(tmp_path / "a.npy", 0, model)) == tensor
    assert host_input(model, load_sample(tmp_path / "a.bin", 0, model)) == tensor
    assert host_input(model, load_sample(None, 3, model)) == tensor
    assert load_sample(None, 3, model) == DiffSample(name="seed 3", seed=3)
    (tmp_path / "a.bin").write_bytes(tensor[:-1])
    with pytest.raises(DatasetError, match="9216 bytes"):
        load_sample(tmp_path / "a.bin", 0, model)
    (tmp_path / "b.npy").write_bytes(b"no array")
    with pytest.raises(DatasetError, match=r"b\.npy"):
        load_sample(tmp_path / "b.npy", 0, model)


def test_a_folder_with_labels_that_the_model_lacks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cat"):
        check_labels(tmp_path, ("cat",), ("no_person", "person"), example="no_person,person")
    with pytest.raises(UsageError, match="no labels"):
        check_labels(tmp_path, ("cat",), (), example="no_person,person")
    check_labels(tmp_path, ("cat",), ("cat", "dog"), example="no_person,person")


def test_a_picture_goes_to_the_board_as_it_is_if_there_is_room_for_it() -> None:
    small, large, long_ = (np.zeros(shape, np.uint8) for shape in ((1, 1), (300, 400), (1, 3000)))
    assert fitting(small, 19_200) is small
    assert fitting(large, 19_200).shape == fitting(long_, 19_200).shape == (96, 96)
