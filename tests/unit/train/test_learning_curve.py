"""Learning curves: the parts of the data that are used, and the verdict on the curve."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tinyhost.metrics.classifier import classifier_metrics
from tinyhost.tasks.findings import Note
from tinyhost.train.core.learning_curve import CurvePoint, curve_section
from tinyhost.train.core.parts import learning_curve, parts_of
from tinyhost.train.core.trainer import Run
from tinyhost.train.kws import training
from tinyhost.train.kws.config import KwsTrainConfig

from tests.unit.train.test_kws_training import write_words


def test_smaller_parts_are_in_larger_ones_and_have_every_class() -> None:
    classes = np.repeat([0, 1, 2], (100, 40, 3))
    parts = list(parts_of(classes, seed=1))
    assert [np.bincount(classes[part]).tolist() for part in parts] == [[12, 5, 2], [25, 10, 2], [50, 20, 2]]
    assert set(parts[0]) <= set(parts[1]) <= set(parts[2])
    assert not np.array_equal(parts[0], next(parts_of(classes, seed=2)))


def _verdict(*n_right: int) -> str:
    """Return what is said of models that are right on so many of 100."""
    classes = np.zeros(100, np.int64)
    curve = []
    for index, right in enumerate(n_right):
        scores = np.eye(2)[np.repeat([0, 1], (right, 100 - right))]
        curve.append(CurvePoint(n_learnt_from=10 * 2**index, test=classifier_metrics(scores, classes)))
    (note,) = (part for part in curve_section(curve).parts if isinstance(part, Note))
    return note.text


def test_a_curve_that_rises_asks_for_more_and_a_flat_one_does_not() -> None:
    assert _verdict(50, 70, 90).startswith("The second half of the samples raised accuracy by 20.0 %")
    assert "no more than chance may on 100 samples" in _verdict(60, 89, 90)


@pytest.mark.train
def test_keywords_are_learnt_from_parts(tmp_path: Path) -> None:
    write_words(tmp_path / "data")
    config = KwsTrainConfig(
        words=("high", "low"), arch="tiny_conv", n_epochs=2, n_rounds=1, batch_size=32, quantization="ptq"
    )
    run = Run(folder=tmp_path / "run", source="a test")
    clips = training.load(tmp_path / "data", config, run)
    curve = learning_curve(training, config, clips, training.train(config, clips, run).worth(), run)
    assert [point.n_learnt_from for point in curve] == [len(p) for p in parts_of(clips.train.classes, 1)] + [
        len(clips.train)
    ]
    assert {point.test.n for point in curve} == {len(clips.test)}
