"""A small gesture training with TensorFlow, and what must hold of any model that it makes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tinyhost.compiler import ModelImage
from tinyhost.compiler.image_format import GestureParams
from tinyhost.errors import DatasetError, ModelError
from tinyhost.models.file import load_model_file
from tinyhost.motion.csv import write_motion_csv
from tinyhost.report.training import training_report
from tinyhost.synth.gestures.hand import Gesture
from tinyhost.synth.gestures.sensing import GestureOptions, GestureSource
from tinyhost.train.core.trainer import Run
from tinyhost.train.core.writing import write_run
from tinyhost.train.gestures.config import GestureTrainConfig
from tinyhost.train.gestures.training import load, train

pytestmark = pytest.mark.train

GESTURES: tuple[Gesture, ...] = ("still", "other", "updown", "wave")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Eight people's recordings."""
    for gesture in GESTURES:
        (tmp_path / "wand" / gesture).mkdir(parents=True)
        for person in range(8):
            samples = GestureSource(GestureOptions(gestures=(gesture,), person=person)).read(900)
            write_motion_csv(tmp_path / "wand" / gesture / f"{person}.csv", [samples])
    return tmp_path / "wand"


def test_a_folder_becomes_a_model_that_the_app_runs(folder: Path, tmp_path: Path) -> None:
    config = GestureTrainConfig(n_epochs=5, quantize=("float32",), command="a test")
    run = Run(folder=tmp_path / "run", source="a test")
    outcome = train(config, load(folder, config, run), run)
    assert outcome.labels == GESTURES
    assert outcome.int8_test.accuracy >= 0.7
    files = write_run(tmp_path / "run", outcome, report=training_report(outcome))
    image = ModelImage.parse(load_model_file(files.model).image)
    params = GestureParams.unpack(image.task_data)
    assert (params.step_mhz, params.n_steps, params.n_silent_labels) == (25_000, 50, 2)
    written = json.loads(files.metrics.read_text())
    assert [form["file"] for form in written["forms"]] == ["float32.tflite", "model.tflite"]
    assert written["telling"]["n_gestures"] + written["telling"]["n_others"] == written["test"]["int8"]["n"]
    scores = np.array([item.scores for item in outcome.judged])
    classes = np.array([outcome.labels.index(item.label) for item in outcome.judged])
    told = (scores.argmax(axis=1) >= 2) & (scores.max(axis=1) >= outcome.telling.threshold)
    assert outcome.telling.false_rate == told[classes < 2].mean()
    assert outcome.telling.told_rate == (told & (scores.argmax(axis=1) == classes))[classes >= 2].mean()


def test_a_folder_without_enough_of_a_gesture_is_refused(folder: Path, tmp_path: Path) -> None:
    for file in sorted((folder / "wave").iterdir())[2:]:
        file.unlink()
    with pytest.raises(DatasetError, match="for validation wave has 0 windows"):
        load(folder, GestureTrainConfig(), Run(folder=tmp_path / "run", source="a test"))


def test_a_run_goes_on_with_one_more_gesture(folder: Path, tmp_path: Path) -> None:
    """What one run learnt of three classes the next one begins with, from its weights or its int8 model."""
    small = GestureTrainConfig(labels=GESTURES[:3], n_epochs=3, width=8, command="a test")
    run = Run(folder=tmp_path / "run", source="a test")
    first = train(small, load(folder, small, run), run)
    files = write_run(run.folder, first, report="")
    for start in (run.folder, files.model):
        wider = GestureTrainConfig(n_epochs=1, width=8, learning_rate=1e-6, start_from=start)
        data = load(folder, wider, run)
        again = train(replace(wider, labels=small.labels), load(folder, replace(wider, labels=small.labels), run), run)
        assert abs(again.int8_test.accuracy - first.int8_test.accuracy) < 0.05
        assert train(wider, data, run).labels == GESTURES
    with pytest.raises(ModelError, match="expected weights of shape"):
        train(replace(wider, width=12), data, run)
