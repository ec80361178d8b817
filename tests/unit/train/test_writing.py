"""The files that a training writes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tinyhost.metrics.classifier import ClassifierMetrics, classifier_metrics
from tinyhost.models.catalogue import fetch
from tinyhost.system.documents import to_json
from tinyhost.train.core.quantized import Quantized
from tinyhost.train.core.writing import write_run
from tinyhost.train.vww.config import VwwTrainConfig
from tinyhost.train.vww.outcome import VwwOutcome

from tests.json_docs import check_document


def _metrics(accuracy: float) -> ClassifierMetrics:
    classes = np.repeat([0, 1], 100)
    scores = np.eye(2)[np.repeat([0, 1, 0, 1], (90, 10, 5, 95))]
    return replace(classifier_metrics(scores, classes), accuracy=accuracy)


@pytest.fixture(scope="module")
def outcome() -> VwwOutcome:
    return VwwOutcome(
        config=VwwTrainConfig(seed=5, command="tinyhost train vww --data data/hall"),
        source="data/hall",
        n_samples=8,
        labels=("no_person", "person"),
        sizes={"train": 700, "val": 150, "test": 200},
        history=[{"loss": 0.5, "val_loss": 0.4, "accuracy": 0.8, "val_accuracy": 0.9}],
        tflite=fetch("vww").read_bytes(),
        float_test=_metrics(0.93),
        quantized={"ptq": Quantized(tflite=b"", val=_metrics(0.9), test=_metrics(0.925), right=())},
        chosen="ptq",
        judged=(),
        n_parameters=213442,
        duration_s=61.26,
    )


def test_a_run_folder_holds_exactly_these_files(tmp_path: Path, outcome: VwwOutcome) -> None:
    files = write_run(tmp_path / "run", outcome, report="a page", report_file=tmp_path / "elsewhere" / "page.html")
    names = {"card.md", "labels.txt", "metrics.json", "model.tflite", "model.thm", "settings.json"}
    assert {path.name for path in (tmp_path / "run").iterdir()} == names
    assert files.model.read_bytes() == outcome.tflite
    assert (tmp_path / "run" / "labels.txt").read_text() == "no_person\nperson\n"
    assert (tmp_path / "elsewhere" / "page.html").read_text() == "a page"


def test_metrics_tie_the_figures_to_the_model_and_the_command(tmp_path: Path, outcome: VwwOutcome) -> None:
    metrics = json.loads(write_run(tmp_path, outcome, report="").metrics.read_text())
    assert metrics["task"] == "vww"
    assert metrics["model"]["sha256"] == hashlib.sha256(outcome.tflite).hexdigest()
    assert metrics["model"]["bytes"] == len(outcome.tflite)
    assert metrics["model"]["input"] == {"shape": [1, 96, 96, 1], "dtype": "int8", "meaning": "grey level - 128"}
    assert metrics["command"] == "tinyhost train vww --data data/hall"
    assert metrics["config"]["seed"] == 5
    assert metrics["config"]["labels"] == metrics["labels"] == ["no_person", "person"]
    assert metrics["test"]["int8"]["confusion"] == [[90, 10], [5, 95]]
    assert metrics["n_pictures"] == {"train": 700, "val": 150, "test": 200}
    assert "tensorflow" in metrics["versions"]


def test_the_card_says_source_worth_and_command(tmp_path: Path, outcome: VwwOutcome) -> None:
    card = write_run(tmp_path, outcome, report="").card.read_text()
    for part in (
        "data/hall",
        "92.50 %",
        "93.00 %",
        "| person | 5 | 95 | 95.0% |",
        "`tinyhost train vww --data data/hall`",
    ):
        assert part in card
    assert [line for line in card.splitlines() if len(line) > 120 and not line.startswith("|")] == []


def test_the_document_is_as_documented(tmp_path: Path, outcome: VwwOutcome) -> None:
    check_document(to_json(outcome.document(write_run(tmp_path, outcome, report=""))))
