"""A tiny anomaly training with TensorFlow, and what must hold of any model that it makes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tinyhost.compiler import ModelImage
from tinyhost.datasets.motion import NORMAL, MotionSet
from tinyhost.errors import UsageError
from tinyhost.models.file import load_model_file
from tinyhost.motion.csv import write_motion_csv
from tinyhost.report.training import training_report
from tinyhost.synth.machine.faults import Fault
from tinyhost.synth.machine.machine import Machine, MachineOptions
from tinyhost.tasks.anomaly.detector import HostDetector
from tinyhost.train.anomaly.autoencoder import INPUT_STEP
from tinyhost.train.anomaly.baseline import best_number
from tinyhost.train.anomaly.config import AnomalyTrainConfig, AutoencoderKind
from tinyhost.train.anomaly.machine import MachineSetConfig, machine_set
from tinyhost.train.anomaly.outcome import AnomalyOutcome
from tinyhost.train.anomaly.training import train
from tinyhost.train.core.outcome import RunFiles
from tinyhost.train.core.progress import TrainProgress
from tinyhost.train.core.trainer import Run
from tinyhost.train.core.writing import write_run

from tests.commands import run_tinyhost
from tests.json_docs import check_document
from tests.oracle.oracle import open_oracle

pytestmark = pytest.mark.train

Trained = tuple[AnomalyOutcome, list[TrainProgress], RunFiles]


@pytest.fixture(scope="module")
def motions() -> MotionSet:
    return machine_set(MachineSetConfig(minutes=15.0, fault_minutes=0.4))


@pytest.fixture(scope="module", params=["input", "embedding"])
def trained(request: pytest.FixtureRequest, motions: MotionSet, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("anomaly") / "pump"
    config = AnomalyTrainConfig(
        embeddings=(2, 4), n_epochs=8, n_centroids=8, distance=request.param, command="a test", embedding=4
    )
    seen: list[TrainProgress] = []
    outcome = train(config, motions, Run(folder=folder, source="a test", report=seen.append))
    return outcome, seen, write_run(folder, outcome, report=training_report(outcome))


def test_the_int8_input_is_the_boards_feature(trained: Trained) -> None:
    network, task = trained[0].chosen.network, trained[0].chosen.task
    assert network.input.zero_point == 0
    assert network.input.scale == pytest.approx(INPUT_STEP, rel=1e-6)
    assert network.input.n_bytes == task.motion.n_features == 69


def test_what_a_tflite_push_reads_is_the_image_to_the_byte(trained: Trained) -> None:
    files = trained[2]
    assert load_model_file(files.model, name="pump").image == files.image.read_bytes()


def test_scores_of_the_training_are_those_of_the_image(trained: Trained, motions: MotionSet) -> None:
    outcome, _, files = trained
    detector = HostDetector(files.image.read_bytes())
    label = "imbalance"
    scores = np.concatenate([detector.scores(item.samples) for item in motions.labelled(label)])
    np.testing.assert_array_equal(scores / 65536.0, outcome.chosen.figures.scores[label].score)


def test_the_oracle_gives_the_same_bytes(trained: Trained) -> None:
    network = trained[0].chosen.network
    inputs = np.random.default_rng(1).integers(-128, 128, (20, 69)).astype(np.int8)
    oracle = open_oracle(network.tflite)
    for given, output in zip(inputs, network.run(inputs).outputs, strict=True):
        np.testing.assert_array_equal(np.frombuffer(oracle.run(given.tobytes()), np.int8), output)


def test_faults_of_the_machine_are_told_from_normal_running(trained: Trained) -> None:
    labels = trained[0].chosen.figures.labels
    assert set(labels) == {"imbalance", "misalignment", "looseness", "bearing", "stuck", "all"}
    assert min(item.auc for item in labels.values()) > 0.95


def test_the_alarm_is_in_the_image(trained: Trained) -> None:
    outcome, _, files = trained
    task = HostDetector(files.image.read_bytes()).task
    assert task.alarm.threshold == pytest.approx(outcome.chosen.figures.threshold_of_budget, abs=1e-4)
    assert (task.alarm.raise_windows, task.alarm.clear_windows) == (3, 6)
    assert task.baseline_score == pytest.approx(1.0, abs=0.5)  # gains make an ordinary score 1
    assert ModelImage.parse(files.image.read_bytes()).name == "pump"


def test_the_run_leaves_card_figures_and_report(trained: Trained) -> None:
    _, seen, files = trained
    metrics = json.loads(files.metrics.read_text())
    assert [size["n_embedding"] for size in metrics["embeddings"]] == [2, 4]
    assert metrics["model"]["n_embedding"] == 4
    card = files.card.read_text()
    assert "generalized Pareto tail" in card
    assert "| imbalance |" in card
    page = files.report.read_text()
    for words in ("ROC of each anomaly", "Latent space", "Windows and their reconstructions", "Histogram of normal"):
        assert words in page
    assert {at.epoch for at in seen if at.val_loss is not None} == set(range(1, 9))


def test_a_resumed_run_trains_no_finished_epoch_again(motions: MotionSet, tmp_path: Path) -> None:
    def epochs(n_epochs: int, *, resume: bool) -> list[int]:
        config = AnomalyTrainConfig(embeddings=(2,), n_epochs=n_epochs, n_centroids=4, resume=resume)
        seen: list[TrainProgress] = []
        train(config, motions, Run(folder=tmp_path, source="a test", report=seen.append))
        return [at.epoch for at in seen if at.val_loss is not None]

    assert epochs(2, resume=False) == [1, 2]
    assert epochs(4, resume=True) == [3, 4]


def test_a_threshold_from_labels_needs_labels(motions: MotionSet, tmp_path: Path) -> None:
    unlabelled = MotionSet(runs=tuple(motions.labelled(NORMAL)), rate_hz=motions.rate_hz)
    config = AnomalyTrainConfig(embeddings=(2,), n_epochs=1, n_centroids=4, choose="knee")
    with pytest.raises(UsageError, match="no labelled anomalies"):
        train(config, unlabelled, Run(folder=tmp_path, source="a test"))


def test_the_command_trains_on_a_folder_and_says_what_was_wrong_in_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    faults: dict[str, Fault] = {"normal": "none", "loose": "looseness"}
    for label, fault in faults.items():
        (data / label).mkdir(parents=True)
        machine = Machine(MachineOptions(fault=fault, seed=5))
        write_motion_csv(data / label / "a.csv", machine.blocks(119 * (120 if label == "normal" else 20)))
    path = data / "normal" / "a.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:1000] + lines[1010:]))
    options = ("--data", data, "--out", tmp_path / "run", "--embeddings", "2", "--epochs", "2")
    done = run_tinyhost("train", "anomaly", *options, "--json", "-")
    assert done.code == 0, done.err
    document = json.loads(done.out[done.out.index("{") :])
    check_document(document)
    assert document["issues"] == ["normal/a.csv: 10 samples missing before sample 999"]
    assert document["labels"]["loose"]["n_recordings"] == 1
    assert (tmp_path / "run" / "report.html").read_text().count("<svg") >= 6


@pytest.mark.parametrize("arch", ["convolutional", "variational", "lstm"])
def test_every_architecture_learns_and_runs_to_the_bit(
    arch: AutoencoderKind, motions: MotionSet, tmp_path: Path
) -> None:
    config = AnomalyTrainConfig(
        arch=arch, embeddings=(4,), n_epochs=6, n_centroids=0, projection="tsne", command="a test"
    )
    outcome = train(config, motions, Run(folder=tmp_path, source="a test"))
    assert outcome.failure() == ""
    assert outcome.chosen.n_centroids == best_number(outcome.chosen.centroid_choices)
    network = outcome.chosen.network
    inputs = np.random.default_rng(1).integers(-128, 128, (5, 69)).astype(np.int8)
    oracle = open_oracle(network.tflite)
    for given, output in zip(inputs, network.run(inputs).outputs, strict=True):
        np.testing.assert_array_equal(np.frombuffer(oracle.run(given.tobytes()), np.int8), output)
    page = training_report(outcome)
    for words in ("AUC of PCA, imbalance", "Number of centroids", "Latent space by t-SNE"):
        assert words in page
    resumed = train(replace(config, n_epochs=7, resume=True), motions, Run(folder=tmp_path, source="a test"))
    assert resumed.history[:6] == outcome.history
