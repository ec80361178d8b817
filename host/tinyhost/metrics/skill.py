"""Comparison of a classifier with one that always gives the same answer."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ENOUGH",
    "Z_ONE_SIDED",
    "Skill",
    "by_unit",
    "chance_auc",
    "classifier_skill",
    "is_short_auc",
    "together",
]

ENOUGH = 30
"""minimum number of samples for a test against chance"""
Z_ONE_SIDED = 1.6448536269514722
"""quantile of the normal distribution, exceeded with a probability of 5 %"""

_CORRELATION = 0.5  # correlation by chance of two classifiers on shared samples


@dataclass(frozen=True, kw_only=True)
class Skill:
    """A classifier against one constant answer, on the same samples."""

    n: int
    n_right: int
    n_constant: int
    """number of samples of the most frequent class, which a constant answer gets right"""
    most_frequent: int
    """the most frequent class"""
    balanced: float
    """mean recall of the classes; 1 / (their number) for any constant answer"""
    n_classes: int
    """number of classes with samples"""
    z: float
    """standard deviations of chance by which `balanced` exceeds that of answers unrelated to the classes"""
    short: float
    """standard deviations by which `balanced` is below that of a useful classifier: halfway between chance and 1"""
    is_constant: bool
    """whether all answers are the same"""

    @property
    def is_shown(self) -> bool:
        """Whether it is better than 19 of 20 classifiers whose answers are unrelated to the classes."""
        return self.z >= Z_ONE_SIDED

    @property
    def is_better(self) -> bool:
        """Whether it is better than a constant answer and, with enough samples, than chance."""
        if self.n_classes < 2:
            return self.n_right > 0
        return self.balanced > 1.0 / self.n_classes and (self.n < ENOUGH or self.is_shown)


def classifier_skill(confusion: Sequence[Sequence[int]], classes: Sequence[int] | None = None) -> Skill:
    """Return the comparison of a classifier with a constant answer, from its confusion matrix; rows: the true classes.

    classes: only samples of these are counted; all by default. The mean recall is compared, since a constant answer
    does well on an imbalanced set. Its spread under chance is that of shuffled answers: counts of hits are
    hypergeometric.
    """
    counts = np.asarray(confusion, np.int64)
    rows = [row for row in (range(len(counts)) if classes is None else classes) if counts[row].sum()]
    counts = counts[rows]
    n_of = counts.sum(axis=1).astype(np.float64)  # (n_classes,) samples of each class
    answers = counts.sum(axis=0)[rows].astype(np.float64)  # (n_classes,) answers with each of them
    hits = counts[np.arange(len(rows)), rows]
    n, n_classes = int(n_of.sum()), len(rows)
    balanced = float((hits / n_of).mean()) if n_classes else 0.0
    expected = float((answers / n).mean()) if n else 0.0
    spread = math.sqrt(_variance(n_of, answers, n)) / n_classes if n > 1 and n_classes else 0.0
    return Skill(
        n=n,
        n_right=int(hits.sum()),
        n_constant=int(n_of.max()) if n_classes else 0,
        most_frequent=rows[int(n_of.argmax())] if n_classes else 0,
        balanced=balanced,
        n_classes=n_classes,
        z=(balanced - expected) / spread if spread > 0.0 else 0.0,
        short=_short(balanced, n_of) if n_classes > 1 else 0.0,
        is_constant=int((counts.sum(axis=0) > 0).sum()) <= 1,
    )


def together(first: float, second: float) -> float:
    """Return the combined z-score of two results (Stouffer et al., 1949).

    They share samples, so that a correlation of 0.5 is assumed.
    """
    return (first + second) / math.sqrt(2.0 + 2.0 * _CORRELATION)


def by_unit(
    units: Sequence[str], classes: NDArray[np.int64], answers: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return a class and the most frequent answer for each unit, whose samples of a class count as one.

    Windows of one recording are correlated: counted singly, they would overstate the significance.
    """
    votes: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for unit, true, said in zip(units, classes.tolist(), answers.tolist(), strict=True):
        votes[unit, true].append(said)
    said = [int(np.bincount(own).argmax()) for own in votes.values()]
    return np.array([true for _, true in votes], np.int64), np.array(said, np.int64)


def chance_auc(n_positive: float, n_negative: float) -> float:
    """Return the area under the ROC curve that scores unrelated to the classes exceed in 1 of 20 cases.

    The numbers are those of independent samples; the spread is that of the U statistic (Mann and Whitney, 1947).
    """
    if not n_positive or not n_negative:
        return 0.5
    spread = math.sqrt((n_positive + n_negative + 1.0) / (12.0 * n_positive * n_negative))
    return min(1.0, 0.5 + Z_ONE_SIDED * spread)


def is_short_auc(auc: float, n_positive: float, n_negative: float) -> bool:
    """Return whether an area is lower than 19 of 20 that a useful detector has: one of 0.75, halfway from chance to 1.

    The spread is that of Hanley and McNeil, "The meaning and use of the area under a ROC curve", 1982.
    """
    if not n_positive or not n_negative:
        return False
    useful = 0.75
    first, second = useful / (2 - useful) - useful**2, 2 * useful**2 / (1 + useful) - useful**2
    variance = useful * (1 - useful) + max(0.0, n_positive - 1) * first + max(0.0, n_negative - 1) * second
    return useful - auc >= Z_ONE_SIDED * math.sqrt(variance / (n_positive * n_negative))


def _short(balanced: float, n_of: NDArray[np.float64]) -> float:
    """Return by how many standard deviations a mean recall is below that of a useful classifier."""
    useful = (1 + 1 / len(n_of)) / 2
    spread = math.sqrt(useful * (1 - useful) * float((1 / n_of).sum())) / len(n_of)
    return (useful - balanced) / spread


def _variance(
    n_of: np.ndarray[tuple[int], np.dtype[np.float64]], answers: np.ndarray[tuple[int], np.dtype[np.float64]], n: int
) -> float:
    """Return the variance of the sum of recalls when n answers are shuffled among the samples."""
    alone = (n - n_of) * answers * (n - answers) / (n_of * n * n * (n - 1.0))
    together = answers.sum() ** 2 - np.square(answers).sum()
    return float(alone.sum() + together / (n * n * (n - 1.0)))
