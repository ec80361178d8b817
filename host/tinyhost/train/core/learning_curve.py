"""The learning curve: accuracy of models trained on parts of the samples, beside that of the model of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinyhost.metrics.charts import Chart, Panel, Series
from tinyhost.metrics.classifier import ClassifierMetrics
from tinyhost.tasks.findings import Grid, Note, Section, percent, within

__all__ = ["CurvePoint", "curve_section"]


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """A model trained on a part of the samples."""

    n_learnt_from: int
    test: ClassifierMetrics
    """of its int8 form, on the same samples for testing as the model's"""


def curve_section(curve: Sequence[CurvePoint]) -> Section:
    """Return the section of the curve: whether more samples would help."""
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
