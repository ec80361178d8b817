"""Trainings on parts of the samples, for a learning curve."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from tinyhost.metrics.classifier import ClassifierMetrics
from tinyhost.train.core.config import ClassifierConfig
from tinyhost.train.core.learning_curve import CurvePoint
from tinyhost.train.core.trainer import Run, Training

__all__ = ["learning_curve", "parts_of"]

_SHARES = (1 / 8, 1 / 4, 1 / 2)
_LEAST = 2
"""samples of a class"""


class _Set(Protocol):
    @property
    def classes(self) -> NDArray[np.int64]: ...

    def __len__(self) -> int: ...

    def only(self, chosen: NDArray[np.int64]) -> _Set: ...


def parts_of(classes: NDArray[np.int64], seed: int) -> Iterator[NDArray[np.int64]]:
    """Yield the indices of an eighth, a quarter and a half of each class; the smaller are in the larger ones."""
    rng = np.random.default_rng((seed, 0xC0))
    members = [rng.permutation(np.flatnonzero(classes == index)) for index in np.unique(classes)]
    for share in _SHARES:
        yield np.sort(np.concatenate([own[: max(_LEAST, round(share * len(own)))] for own in members]))


def learning_curve(
    training: Training, config: ClassifierConfig, samples: Any, of_all: ClassifierMetrics, run: Run
) -> tuple[CurvePoint, ...]:
    """Return the accuracy of models trained on parts of `samples.train`; the last one, of all, is given."""
    whole = cast("_Set", samples.train)
    points = []
    for chosen in parts_of(whole.classes, config.seed):
        part = replace(samples, train=whole.only(chosen))
        own = replace(run, folder=run.folder / "parts" / str(len(chosen)))
        test = training.train(config.for_part(), part, own).worth()
        points.append(CurvePoint(n_learnt_from=len(chosen), test=test))
    return (*points, CurvePoint(n_learnt_from=len(whole), test=of_all))
