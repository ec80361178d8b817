"""`tinyhost train series` as people run it: a short training, and what must hold of what it writes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tinyhost.compiler.image import ModelImage
from tinyhost.datasets.heartbeats import heartbeats
from tinyhost.datasets.ucr import LabelledSeries
from tinyhost.metrics.threshold import roc_curve
from tinyhost.train.series.outcome import SeriesScores

from tests.commands import run_json, run_tinyhost


def write(path: Path, series: LabelledSeries) -> None:
    rows = zip(series.labels, series.values, strict=True)
    path.write_text("".join(f"{label}\t" + "\t".join(map(repr, row.tolist())) + "\n" for label, row in rows))


@pytest.mark.train
@pytest.mark.parametrize("arch", ["dense", "lstm"])
def test_beats_of_a_folder_are_learnt_and_the_others_found(arch: str, tmp_path: Path) -> None:
    made = heartbeats(300, 300, seed=4)
    write(tmp_path / "Beats_TRAIN.tsv", made.train)
    write(tmp_path / "Beats_TEST.tsv", made.test)
    out = tmp_path / "run"
    document = run_json("train", "series", "--data", tmp_path, "--epochs", "10", "--arch", arch, "--out", out)
    assert document["auc"] >= 0.99
    assert document["at_threshold"]["recall"] >= 0.95
    assert sum(item["n"] for item in document["classes"].values()) == 300
    assert document["n_learnt"] + document["n_held_out"] == len(made.train.labelled("1"))
    image = ModelImage.parse((out / "model.thm").read_bytes())
    assert (image.input.shape, image.output.shape) == ((1, 140), (1, 140))
    assert (out / "model.tflite").read_bytes()[4:8] == b"TFL3"
    assert json.loads((out / "metrics.json").read_text())["threshold"] == document["threshold"]
    assert "Unusual series: Beats" in (out / "report.html").read_text()


def test_the_figures_are_those_of_the_scores() -> None:
    normal, other, third = np.arange(10.0), np.array([8.0, 20.0]), np.array([9.5])
    roc = roc_curve(normal, np.concatenate((other, third)), miss_cost=1, alarm_cost=1, fault_share=0.5)
    scores = SeriesScores(normal=normal, by_class={"1": normal, "2": other, "3": third}, roc=roc, threshold=9.0)
    assert (scores.at_threshold.recall, scores.at_threshold.false_rate) == (2 / 3, 0.1)
    assert [(item.n, item.high_share) for item in scores.figures().values()] == [(10, 0.1), (2, 0.5), (1, 1.0)]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "normal series to train with, expected 100 or more"),
        (("--normal", "9"), "0 normal series to train with"),
        (("--heartbeats",), "expected either --data FOLDER or --heartbeats"),
    ],
)
def test_series_that_cannot_be_learnt_from_are_an_error(tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    made = heartbeats(40, 10)
    write(tmp_path / "Beats_TRAIN.tsv", made.train)
    write(tmp_path / "Beats_TEST.tsv", made.test)
    done = run_tinyhost("train", "series", "--data", tmp_path, *words)
    assert done.code != 0
    assert says in done.err
    missing = run_tinyhost("train", "series", "--data", tmp_path / "missing")
    assert "expected NAME_TRAIN and NAME_TEST" in missing.err
