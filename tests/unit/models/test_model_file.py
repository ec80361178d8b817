"""Model files: read once, named and labelled, in figures."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tinyhost.errors import ModelError
from tinyhost.models.catalogue import MODELS
from tinyhost.models.file import load_model_file
from tinyhost.models.summary import live_bytes

from tests.unit.bench.samples import SHIPPED_MODEL, shipped_model
from tests.unit.compiler.models import picture_classifier


def test_both_formats_are_told_apart_by_content(tmp_path: Path) -> None:
    (tmp_path / "hall.tflite").write_bytes(picture_classifier())
    compiled = load_model_file(tmp_path / "hall.tflite", ["a", "b"])
    assert (compiled.summary.name, compiled.tflite) == ("hall", picture_classifier())
    (tmp_path / "other.thm").write_bytes(compiled.image)
    loaded = load_model_file(tmp_path / "other.thm")
    assert (loaded.summary, loaded.image, loaded.tflite) == (compiled.summary, compiled.image, None)
    with pytest.raises(ModelError, match="No such file"):
        load_model_file(tmp_path / "missing.tflite")


def test_a_folder_in_place_of_a_file_is_reported_with_the_models_in_it(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="expected a model file, got a folder") as error:
        load_model_file(SHIPPED_MODEL.parent)
    assert error.value.hint == f"name {SHIPPED_MODEL}"
    with pytest.raises(ModelError) as error:
        load_model_file(tmp_path)
    assert "the folder contains none" in error.value.hint


def test_a_training_runs_model_has_its_folders_name_and_labels(tmp_path: Path) -> None:
    model = load_model_file(SHIPPED_MODEL).summary
    assert (model.name, model.labels) == ("vww", ("no_person", "person"))
    shutil.copy(SHIPPED_MODEL, tmp_path / "mine.tflite")
    file = load_model_file(tmp_path / "mine.tflite", ("a", "b"))
    assert file.summary.name == "mine"
    assert file.summary.labels == ("a", "b")
    (tmp_path / "mine.thm").write_bytes(file.image)
    again = load_model_file(tmp_path / "mine.thm")
    assert again.image == file.image
    assert again.tflite is None


def test_a_file_of_the_catalogue_has_its_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = SHIPPED_MODEL.read_bytes()
    (tmp_path / "fetched.tflite").write_bytes(content)
    assert load_model_file(tmp_path / "fetched.tflite").summary.labels == ()
    known = replace(MODELS["person_detect"], sha256=hashlib.sha256(content).hexdigest(), labels=("off", "on"))
    monkeypatch.setitem(MODELS, "person_detect", known)
    assert load_model_file(tmp_path / "fetched.tflite").summary.labels == ("off", "on")


def test_operators_add_up_to_the_models_figures() -> None:
    model = shipped_model()
    assert sum(item.macs for item in model.operators) == model.live_macs
    assert max(live_bytes(model, item.index) for item in model.operators) <= model.arena_bytes
