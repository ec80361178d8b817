from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from tinyhost.bench.difference import DiffSample, host_input, load_sample, stage_of
from tinyhost.bench.document import bench_document
from tinyhost.errors import DatasetError, UsageError
from tinyhost.models.reference import preprocess
from tinyhost.protocol.pattern import pattern_bytes
from tinyhost.tasks.classes import Accuracy, check_labels
from tinyhost.tasks.vision.fitting import fitted

from tests.json_docs import check_document
from tests.unit.bench.samples import full_result, keyword_result, shipped_model


def test_precision_and_recall_from_the_confusion(tmp_path: Path) -> None:
    (accuracy,) = full_result(tmp_path).findings
    assert isinstance(accuracy, Accuracy)
    assert (accuracy.n_used, accuracy.top1) == (4, 0.75)
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
    assert fitted(small, 19_200).pixels is small
    assert fitted(large, 19_200).pixels.shape == fitted(long_, 19_200).pixels.shape == (96, 96)
