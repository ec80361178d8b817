"""Metrics of a classifier from its scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost.metrics.intervals import Interval, wilson

__all__ = [
    "ClassScore",
    "ClassifierMetrics",
    "average_precision",
    "class_scores",
    "classifier_metrics",
    "confusion_matrix",
    "partial_auc",
    "roc_auc",
]


@dataclass(frozen=True, kw_only=True)
class ClassScore:
    """Metrics of one class."""

    n: int
    """samples of this class"""
    precision: float | None
    """null if it was never predicted"""
    recall: float | None
    """null without samples of it"""
    f1: float | None
    """harmonic mean of both; null if it has neither samples nor predictions"""
    precision_interval: Interval | None
    """95 % (Wilson)"""
    recall_interval: Interval | None
    """95 % (Wilson)"""


@dataclass(frozen=True, kw_only=True)
class ClassifierMetrics:
    """Metrics of a classifier on labelled samples."""

    n: int
    """samples"""
    accuracy: float
    accuracy_interval: Interval | None
    """95 % (Wilson)"""
    macro_f1: float
    """mean F1 of the classes that have samples or were predicted"""
    confusion: tuple[tuple[int, ...], ...]
    """rows: true class; columns: predicted class"""
    per_class: tuple[float, ...]
    """recall of each class"""
    auc: float | None
    """area under the ROC curve; of more than two classes the mean of each against the rest"""
    average_precision: float | None
    """area under the precision-recall curve, of the second of two classes; of more the mean of each against the rest"""


def classifier_metrics(scores: NDArray[np.float64], classes: NDArray[np.int64]) -> ClassifierMetrics:
    """Return the metrics of scores (n, n_classes) against the true classes (n,).

    Ties go to the first class, as argmax does.
    """
    n_classes = scores.shape[1]
    predicted = scores.argmax(axis=1)
    counts = confusion_matrix(predicted, classes, n_classes)
    n_right, each = int((predicted == classes).sum()), class_scores(counts)
    against_rest = [(scores[:, 1] - scores[:, 0], classes == 1)]
    if n_classes != 2:
        sides = [(scores[:, index], classes == index) for index in range(n_classes)]
        against_rest = [(own, positive) for own, positive in sides if positive.any() and not positive.all()]
    return ClassifierMetrics(
        n=len(classes),
        accuracy=n_right / len(classes),
        accuracy_interval=wilson(n_right, len(classes)),
        macro_f1=float(np.mean([score.f1 for score in each if score.f1 is not None])),
        confusion=counts,
        per_class=tuple(score.recall or 0.0 for score in each),
        auc=_mean([roc_auc(own, positive) for own, positive in against_rest]),
        average_precision=_mean([average_precision(own, positive) for own, positive in against_rest]),
    )


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def confusion_matrix(
    predicted: NDArray[np.int64], classes: NDArray[np.int64], n_classes: int
) -> tuple[tuple[int, ...], ...]:
    """Return the counts of predicted classes (columns) for each true class (rows)."""
    counts = np.zeros((n_classes, n_classes), np.int64)
    np.add.at(counts, (classes, predicted), 1)
    return tuple(tuple(row) for row in counts.tolist())


def class_scores(confusion: Sequence[Sequence[int]]) -> tuple[ClassScore, ...]:
    """Return precision and recall of each class of a confusion matrix, whose rows are the true classes."""
    scores = []
    for index, row in enumerate(confusion):
        n_predicted, n, hits = sum(other[index] for other in confusion), sum(row), row[index]
        scores.append(
            ClassScore(
                n=n,
                precision=hits / n_predicted if n_predicted else None,
                recall=hits / n if n else None,
                f1=2 * hits / (n + n_predicted) if n + n_predicted else None,
                precision_interval=wilson(hits, n_predicted),
                recall_interval=wilson(hits, n),
            )
        )
    return tuple(scores)


def roc_auc(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve, equal scores counting half; 0.5 if a side is empty.

    It is the Mann-Whitney U statistic over n_positive * n_negative (Hanley and McNeil, 1982).
    """
    n_positive = int(positive.sum())
    n_negative = len(positive) - n_positive
    if n_positive == 0 or n_negative == 0:
        return 0.5
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    mean_rank = last - (counts - 1) / 2
    rank_sum = float(mean_rank[inverse][positive].sum())
    return (rank_sum - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative)


def average_precision(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Return the area under the precision-recall curve as a sum of steps; 0 without a positive sample.

    It tells more than the ROC curve if positives are rare; for random scores it is the share of positives.
    """
    n_positive = int(positive.sum())
    if n_positive == 0:
        return 0.0
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)  # equal scores are one step
    hits = np.cumsum(positive[order])[ends]
    return float((np.diff(hits, prepend=0) / n_positive * hits / (ends + 1)).sum())


def partial_auc(scores: NDArray[np.float64], positive: NDArray[np.bool_], max_false_rate: float = 0.1) -> float:
    """Return the area under the ROC curve up to a false rate, scaled to 0.5 for chance and 1 for perfect.

    As the pAUC of DCASE's Task 2 (McClish, 1989); 0.5 if a side is empty.
    """
    n_positive = int(positive.sum())
    n_negative = len(positive) - n_positive
    if n_positive == 0 or n_negative == 0:
        return 0.5
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)  # equal scores are one step
    right = np.concatenate([[0], np.cumsum(positive[order])[ends]]) / n_positive
    false = np.concatenate([[0], np.cumsum(~positive[order])[ends]]) / n_negative
    inside = false <= max_false_rate
    last = float(np.interp(max_false_rate, false, right)) if not inside.all() else 1.0
    x, y = np.append(false[inside], max_false_rate), np.append(right[inside], last)
    area = float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2.0))
    chance = max_false_rate**2 / 2.0
    return 0.5 * (1.0 + (area - chance) / (max_false_rate - chance))
