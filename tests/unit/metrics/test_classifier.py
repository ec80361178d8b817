"""Classifier figures against values worked out by hand and by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tinyhost.metrics.classifier import classifier_metrics, roc_auc


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


def test_three_classes_have_no_auc() -> None:
    assert classifier_metrics(np.eye(3), np.arange(3)).auc is None


@given(st.lists(st.tuples(st.integers(-128, 127), st.booleans()), min_size=2, max_size=40))
def test_auc_is_the_share_of_pairs_in_order(rows: list[tuple[int, bool]]) -> None:
    scores = np.array([score for score, _ in rows], np.float64)
    positive = np.array([flag for _, flag in rows])
    pairs = [1.0 if p > n else 0.5 if p == n else 0.0 for p in scores[positive] for n in scores[~positive]]
    expected = sum(pairs) / len(pairs) if pairs else 0.5
    assert roc_auc(scores, positive) == pytest.approx(expected)
