"""What a training run leaves on disk."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from tinyhost.metrics.classifier import ClassifierMetrics
from tinyhost.train.core.run_folder import RunRecord, write_run_folder
from tinyhost.train.vww.training import VwwTrainConfig

CONTENT = b"TFL3 and weights"


def _metrics(accuracy: float) -> ClassifierMetrics:
    return ClassifierMetrics(n=200, accuracy=accuracy, confusion=((90, 10), (5, 95)), per_class=(0.9, 0.95), auc=0.97)


@pytest.fixture
def record() -> RunRecord:
    return RunRecord(
        config=VwwTrainConfig(seed=5, command="tinyhost train vww --data data/hall"),
        data_dir=Path("data/hall"),
        sizes={"train": 700, "val": 150, "test": 200},
        history=[{"loss": 0.5, "val_loss": 0.4}],
        float_test=_metrics(0.93),
        int8_test=_metrics(0.925),
        n_parameters=213442,
        operators=("CONV_2D", "SOFTMAX"),
        duration_s=61.26,
    )


def test_a_run_folder_holds_exactly_four_files(tmp_path: Path, record: RunRecord) -> None:
    files = write_run_folder(tmp_path / "run", CONTENT, record)
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [
        "card.md",
        "labels.txt",
        "metrics.json",
        "model.tflite",
    ]
    assert files["model"].read_bytes() == CONTENT
    assert files["labels"].read_text() == "no_person\nperson\n"


def test_metrics_tie_the_figures_to_the_model_and_the_command(tmp_path: Path, record: RunRecord) -> None:
    metrics = json.loads(write_run_folder(tmp_path, CONTENT, record)["metrics"].read_text())
    assert metrics["model"]["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert metrics["model"]["bytes"] == len(CONTENT)
    assert metrics["command"] == "tinyhost train vww --data data/hall"
    assert metrics["config"]["seed"] == 5
    assert metrics["test"]["int8"]["confusion"] == [[90, 10], [5, 95]]
    assert metrics["n_pictures"] == {"train": 700, "val": 150, "test": 200}
    assert "tensorflow" in metrics["versions"]


def test_the_card_says_source_worth_and_command(tmp_path: Path, record: RunRecord) -> None:
    card = write_run_folder(tmp_path, CONTENT, record)["card"].read_text()
    for part in ("data/hall", "92.50%", "93.00%", "| person | 5 | 95 | 95.0% |", "tinyhost train vww"):
        assert part in card
