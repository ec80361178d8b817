"""Charts of a keyword spotter's errors."""

from __future__ import annotations

from collections.abc import Mapping

from tinyhost.metrics.charts import Chart, Panel, Series
from tinyhost.metrics.keywords import KeywordCurve, KeywordPoint

__all__ = ["errors_chart", "thresholds_chart"]

_LEAST_RATE = 1e-4  # position at which a rate of 0 is drawn
_FALSE_ACCEPTS, _MISSES = "false accepts, % of clips without a word", "misses, % of words"


def errors_chart(curves: Mapping[str, KeywordCurve], chosen: KeywordPoint) -> tuple[Chart, ...]:
    """Return the chart of misses over false accepts, the latter logarithmic, with the chosen threshold.

    Empty without clips of both kinds.
    """
    if chosen.false_accept_rate is None or chosen.false_reject_rate is None:
        return ()
    series = []
    for name, curve in curves.items():
        places = [_place(point) for point in curve.points]
        series.append(Series(name=name, x=[x for x, _ in places], y=[y for _, y in places]))
    mark = (*_place(chosen), f"threshold {chosen.threshold:.2f}")
    panel = Panel(
        series=tuple(series), x_label=_FALSE_ACCEPTS, y_label=_MISSES, x_scale="log", from_zero=True, mark=mark
    )
    return (Chart(description="Misses against false accepts", panels=(panel,), height_in=3.6),)


def _place(point: KeywordPoint) -> tuple[float, float]:
    return 100 * max(point.false_accept_rate or 0.0, _LEAST_RATE), 100 * (point.false_reject_rate or 0.0)


def thresholds_chart(curve: KeywordCurve, chosen: KeywordPoint) -> Chart:
    """Return the chart of the error rates over the threshold; a rate without clips is omitted."""
    accepts = [100 * point.false_accept_rate for point in curve.points if point.false_accept_rate is not None]
    misses = [100 * point.false_reject_rate for point in curve.points if point.false_reject_rate is not None]
    thresholds = [point.threshold for point in curve.points]
    panel = Panel(
        series=tuple(
            Series(name=name, x=thresholds, y=rates, colour=index)
            for index, (name, rates) in enumerate(((_FALSE_ACCEPTS, accepts), (_MISSES, misses)))
            if rates
        ),
        x_label="threshold",
        from_zero=True,
        lines_at=(chosen.threshold,),
    )
    return Chart(description="Error rates over the threshold", panels=(panel,))
