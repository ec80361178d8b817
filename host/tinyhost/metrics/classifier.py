"""Figures of a classifier from its scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ClassScore",
    "ClassifierMetrics",
    "class_scores",
    "classifier_metrics",
    "confusion_matrix",
    "partial_auc",
    "roc_auc",
]


@dataclass(frozen=True, kw_only=True)
class ClassScore:
    """How one class fared."""

    n: int
    """samples of this class"""
    precision: float | None
    """null if it was never predicted"""
    recall: float | None
    """null without samples of it"""


@dataclass(frozen=True, kw_only=True)
class ClassifierMetrics:
    """How right a classifier is on samples whose classes are known."""

    n: int
    """samples"""
    accuracy: float
    confusion: tuple[tuple[int, ...], ...]
    """rows: true class; columns: predicted class"""
    per_class: tuple[float, ...]
    """recall of each class"""
    auc: float | None
    """area under the ROC curve; null unless there are two classes"""


def classifier_metrics(scores: NDArray[np.float64], classes: NDArray[np.int64]) -> ClassifierMetrics:
    """Return the figures of scores (n, n_classes) against the true classes (n,).

    Ties go to the first class, as argmax does.
    """
    n_classes = scores.shape[1]
    predicted = scores.argmax(axis=1)
    counts = confusion_matrix(predicted, classes, n_classes)
    margin = scores[:, 1] - scores[:, 0] if n_classes == 2 else None
    return ClassifierMetrics(
        n=len(classes),
        accuracy=float((predicted == classes).mean()),
        confusion=counts,
        per_class=tuple(score.recall or 0.0 for score in class_scores(counts)),
        auc=None if margin is None else roc_auc(margin, classes == 1),
    )


def confusion_matrix(
    predicted: NDArray[np.int64], classes: NDArray[np.int64], n_classes: int
) -> tuple[tuple[int, ...], ...]:
    """Return how often each class (rows) was taken for which (columns)."""
    counts = np.zeros((n_classes, n_classes), np.int64)
    np.add.at(counts, (classes, predicted), 1)
    return tuple(tuple(row) for row in counts.tolist())


def class_scores(confusion: Sequence[Sequence[int]]) -> tuple[ClassScore, ...]:
    """Return precision and recall of each class of a confusion matrix, whose rows are the true classes."""
    scores = []
    for index, row in enumerate(confusion):
        n_predicted = sum(other[index] for other in confusion)
        scores.append(
            ClassScore(
                n=sum(row),
                precision=row[index] / n_predicted if n_predicted else None,
                recall=row[index] / sum(row) if sum(row) else None,
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
