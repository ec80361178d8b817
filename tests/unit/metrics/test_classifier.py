"""Classifier figures against values worked out by hand and by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tinyhost.metrics.classifier import class_scores, classifier_metrics, roc_auc
from tinyhost.metrics.intervals import wilson


def test_confusion_rows_are_the_true_classes() -> None:
    scores = np.array([[3.0, 1.0], [0.0, 2.0], [5.0, 4.0], [1.0, 9.0], [7.0, 2.0]])
    metrics = classifier_metrics(scores, np.array([0, 0, 1, 1, 0], np.int64))
    assert metrics.confusion == ((2, 1), (1, 1))
    assert metrics.accuracy == pytest.approx(0.6)
    assert metrics.per_class == pytest.approx((2 / 3, 1 / 2))
    assert metrics.n == 5


def test_a_class_without_pictures_has_recall_zero() -> None:
    metrics = classifier_metrics(np.array([[1.0, 0.0]]), np.array([0], np.int64))
    assert metrics.per_class == (1.0, 0.0)
    assert metrics.auc == 0.5


def test_a_class_that_is_neither_there_nor_predicted_has_no_part_in_macro_f1() -> None:
    assert classifier_metrics(np.eye(4)[[2, 3]], np.array([2, 3])).macro_f1 == 1.0
    assert classifier_metrics(np.eye(4)[[2, 1]], np.array([2, 3])).macro_f1 == pytest.approx(1 / 3)


def test_one_class_alone_has_no_auc() -> None:
    metrics = classifier_metrics(np.eye(3), np.zeros(3, np.int64))
    assert (metrics.auc, metrics.average_precision) == (None, None)


def test_precision_recall_and_f1_of_each_class_have_intervals() -> None:
    yes = class_scores(((50, 10), (5, 15)))[1]
    assert (yes.precision, yes.recall) == (15 / 25, 15 / 20)
    assert yes.f1 == pytest.approx(2 / 3)
    assert yes.recall_interval == wilson(15, 20)
    assert yes.precision_interval == wilson(15, 25)
    never = class_scores(((3, 0), (0, 0)))[1]
    assert (never.precision, never.recall, never.f1, never.recall_interval) == (None, None, None, None)


@pytest.mark.train
@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_figures_are_scikit_learns(n_classes: int) -> None:
    from sklearn import metrics as oracle

    rng = np.random.default_rng(n_classes)
    classes = rng.integers(0, n_classes, 300)
    scores = rng.dirichlet(np.ones(n_classes), 300).round(2) + 0.4 * np.eye(n_classes)[classes]
    scores = np.rint(scores / scores.sum(axis=1, keepdims=True) * 256) / 256  # as int8 has them: ties are exact
    if n_classes == 2:
        scores[:, 0] = 1 - scores[:, 1]
    got, predicted = classifier_metrics(scores, classes), scores.argmax(axis=1)
    assert got.accuracy == pytest.approx(oracle.accuracy_score(classes, predicted))
    assert got.macro_f1 == pytest.approx(oracle.f1_score(classes, predicted, average="macro"))
    each = [(classes == index, scores[:, index]) for index in range(n_classes)][1 if n_classes == 2 else 0 :]
    assert got.auc == pytest.approx(np.mean([oracle.roc_auc_score(*pair) for pair in each]))
    assert got.average_precision == pytest.approx(np.mean([oracle.average_precision_score(*pair) for pair in each]))


@given(st.lists(st.tuples(st.integers(-128, 127), st.booleans()), min_size=2, max_size=40))
def test_auc_is_the_share_of_pairs_in_order(rows: list[tuple[int, bool]]) -> None:
    scores = np.array([score for score, _ in rows], np.float64)
    positive = np.array([flag for _, flag in rows])
    pairs = [1.0 if p > n else 0.5 if p == n else 0.0 for p in scores[positive] for n in scores[~positive]]
    expected = sum(pairs) / len(pairs) if pairs else 0.5
    assert roc_auc(scores, positive) == pytest.approx(expected)
