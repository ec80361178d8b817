"""How much data is enough: what models are worth that learnt from a part of the samples, beside that of all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from tinyhost.metrics.charts import Chart, Panel, Series
from tinyhost.metrics.classifier import ClassifierMetrics
from tinyhost.tasks.findings import Grid, Note, Section, percent, within
from tinyhost.train.core.config import ClassifierConfig
from tinyhost.train.core.trainer import Run, Training

__all__ = ["CurvePoint", "curve_section", "learning_curve", "parts_of"]

_SHARES = (1 / 8, 1 / 4, 1 / 2)
_LEAST = 2
"""samples of a class"""


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """A model that learnt from a part of the samples."""

    n_learnt_from: int
    test: ClassifierMetrics
    """of its int8 form, on the same samples for testing as the model's"""


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
    """Return what models are worth that learn from parts of `samples.train`; the last one is that of all, given."""
    whole = cast("_Set", samples.train)
    points = []
    for chosen in parts_of(whole.classes, config.seed):
        part = replace(samples, train=whole.only(chosen))
        own = replace(run, folder=run.folder / "parts" / str(len(chosen)))
        test = training.train(config.for_part(), part, own).worth()
        points.append(CurvePoint(n_learnt_from=len(chosen), test=test))
    return (*points, CurvePoint(n_learnt_from=len(whole), test=of_all))


def curve_section(curve: Sequence[CurvePoint]) -> Section:
    """Return what the curve says: whether more samples would help."""
    half, whole = curve[-2].test, curve[-1].test
    n, accuracies = [point.n_learnt_from for point in curve], [point.test.accuracy for point in curve]
    interval = whole.accuracy_interval
    gained = half.accuracy < interval.low if interval else half.accuracy < whole.accuracy
    verdict = (
        f"The second half of the samples raised accuracy by {percent(whole.accuracy - half.accuracy)}: as many again "
        "may well help"
        if gained
        else f"The second half of the samples changed no more than chance may on {whole.n:,} samples for testing: as "
        "many again will hardly help. Look at which samples are wrong"
    )
    panel = Panel(
        series=(Series(name="int8", x=n, y=accuracies, style="line and points"),),
        x_label="samples learnt from",
        y_label="accuracy, testing",
        x_scale="log2",
        x_ticks=n,
    )
    rows = [
        (f"{point.n_learnt_from:,}", percent(point.test.accuracy), within(point.test.accuracy_interval))
        for point in curve
    ]
    return Section(
        title="How much data is enough",
        note="The same training with a part of the samples, each class as often as in all of them; accuracy of int8 "
        "models on the same samples for testing.",
        parts=(
            Note(text=verdict),
            Grid(headings=("learnt from", "accuracy", "95 % interval"), rows=tuple(rows)),
            Chart(description="Accuracy over the number of samples learnt from", panels=(panel,)),
        ),
    )
