"""Choice of a detection threshold: the candidates, their error rates, and the limits that the samples cannot verify."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tinyhost.metrics.charts import Chart, Panel, Series
from tinyhost.metrics.intervals import Z_95, Interval, share_interval
from tinyhost.metrics.keywords import KeywordCurve, KeywordPoint, choose_threshold, keyword_curve, keyword_point

__all__ = ["ThresholdChoice", "precision_recall_chart", "threshold_choices"]

_BUDGETS = (("false_accepts_5", 0.05), ("false_accepts_1", 0.01))
_MAX_CURVES = 8


@dataclass(frozen=True, kw_only=True)
class ThresholdChoice:
    """One choice of a threshold, on these samples."""

    name: Literal["now", "equal_error", "best_f1", "false_accepts_5", "false_accepts_1"]
    """`now`: the model's; `equal_error`: false accepts as frequent as misses; `best_f1`: of wanted against all others;
    `false_accepts_5`, `_1`: the lowest with at most 5 or 1 % of false accepts"""
    threshold: float
    """real score; a class is detected if it has the highest score and reaches this value"""
    setting: int
    """the same in units of the output, for `tinyhost settings threshold=`"""
    false_accept_rate: float | None
    """share of the samples of no wanted class in which one is detected; null without such samples"""
    false_accept_interval: Interval | None
    """95 % (Wilson)"""
    false_reject_rate: float | None
    """share of the samples of wanted classes in which their class is not detected; null without such samples"""
    false_reject_interval: Interval | None
    """95 % (Wilson)"""
    n_needed: int
    """samples of no wanted class without an error that are needed to show that the limit is kept; 0 if these suffice"""


def threshold_choices(
    scores: NDArray[np.float64],
    classes: NDArray[np.int64],
    *,
    n_silent: int,
    now: float,
    scale: float,
    zero_point: int,
) -> tuple[ThresholdChoice, ...]:
    """Return the choice of thresholds.

    scores: (n, n_classes) in 0..1; classes: (n,) the true ones. The first n_silent classes are no events. Empty without
    samples of both kinds.
    """
    curve = keyword_curve(scores, classes, n_silent)
    if not (curve.n_words and curve.n_others):
        return ()
    budgets = {name: choose_threshold(curve, budget) for name, budget in _BUDGETS}
    points = {
        "now": keyword_point(scores, classes, n_silent, now),
        "equal_error": curve.equal_error,
        "best_f1": max(curve.points, key=lambda point: _f1(point, curve)),
        **budgets,
    }
    limits = dict(_BUDGETS)
    return tuple(
        ThresholdChoice(
            name=name,  # type: ignore[arg-type]
            threshold=point.threshold,
            setting=round(point.threshold / scale) + zero_point,
            false_accept_rate=point.false_accept_rate,
            false_accept_interval=share_interval(point.false_accept_rate, curve.n_others),
            false_reject_rate=point.false_reject_rate,
            false_reject_interval=share_interval(point.false_reject_rate, curve.n_words),
            n_needed=_needed(point, curve.n_others, limits[name]) if name in limits else 0,
        )
        for name, point in points.items()
        if point is not None
    )


def _f1(point: KeywordPoint, curve: KeywordCurve) -> float:
    """Return the F1 of detecting wanted classes, each detection of another class being false."""
    hits = (1 - (point.false_reject_rate or 0.0)) * curve.n_words
    false = (point.false_accept_rate or 0.0) * curve.n_others + (point.confusion_rate or 0.0) * curve.n_words
    return 2 * hits / (hits + false + curve.n_words)


def _needed(point: KeywordPoint, n: int, budget: float) -> int:
    interval = share_interval(point.false_accept_rate, n)
    if interval is not None and interval.high <= budget:
        return 0
    return math.ceil(Z_95 * Z_95 * (1 - budget) / budget)


def precision_recall_chart(
    scores: NDArray[np.float64], classes: NDArray[np.int64], labels: tuple[str, ...]
) -> Chart | None:
    """Return the chart of precision over recall: for the second of two classes, for more of each against the rest.

    Steps are those of the average precision: one for each score. None if no class has samples of both kinds.
    """
    shown = range(1, 2) if len(labels) == 2 else range(min(len(labels), _MAX_CURVES))
    own = scores - scores[:, ::-1] if len(labels) == 2 else scores
    series = []
    for index in shown:
        positive = classes == index
        if positive.any() and not positive.all():
            order = np.argsort(-own[:, index], kind="stable")
            ends = np.append(np.flatnonzero(np.diff(own[order, index])), len(order) - 1)
            hits = np.cumsum(positive[order])[ends]
            series.append(
                Series(name=labels[index], x=(hits / positive.sum()).tolist(), y=(hits / (ends + 1)).tolist())
            )
    if not series:
        return None
    panel = Panel(series=tuple(series), x_label="recall", y_label="precision", from_zero=True)
    return Chart(description="Precision over recall", panels=(panel,), height_in=3.2)
