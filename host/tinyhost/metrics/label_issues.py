"""Likely label errors, found by a model's scores (confident learning)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LabelIssue", "label_issues"]

_LEAST = 1e-12
_NEARLY = 1e-6


@dataclass(frozen=True, kw_only=True)
class LabelIssue:
    """A sample whose label may be wrong."""

    index: int
    """index of the sample"""
    suggested: int
    """the suggested class"""
    loss: float
    """cross-entropy of its label; the larger, the likelier an error"""


def label_issues(scores: NDArray[np.float64], classes: NDArray[np.int64]) -> tuple[LabelIssue, ...]:
    """Return the samples that confident learning finds mislabelled, the likeliest first.

    scores: (n, n_classes) of samples that the model has not learnt from, not below 0; they are made to add up to 1.
    A sample counts as another class's if its score of that class is at least the mean one of the samples labelled so;
    of several such classes as that with the highest score of all (Northcutt, Jiang and Chuang, 2021; rules and rounding
    as cleanlab 2.9 has them). One whose label has the highest score is no issue. Classes without samples suggest
    nothing.
    """
    sums = scores.sum(axis=1, keepdims=True)
    shares = np.where(sums > 0.0, scores / np.maximum(sums, _LEAST), 1.0 / scores.shape[1])
    present = [index for index in range(scores.shape[1]) if (classes == index).any()]
    limits = np.full(scores.shape[1], np.inf)
    for index in present:
        limits[index] = shares[classes == index, index].mean()
    reached = shares >= limits - _NEARLY
    suggested = np.where(reached.sum(axis=1) > 1, shares.argmax(axis=1), reached.argmax(axis=1))
    every = np.arange(len(classes))
    own, favoured = shares[every, classes], shares.copy()
    favoured[every, classes] += _NEARLY
    suspect = reached.any(axis=1) & (suggested != classes) & (favoured.argmax(axis=1) != classes)
    losses = -np.log(np.maximum(own, _LEAST))
    order = sorted(np.flatnonzero(suspect).tolist(), key=lambda index: (-losses[index], index))
    return tuple(LabelIssue(index=index, suggested=int(suggested[index]), loss=float(losses[index])) for index in order)
