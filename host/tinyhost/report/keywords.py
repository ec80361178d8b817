"""Charts of keyword spotting: error rates over thresholds, and a long recording over time."""

from __future__ import annotations

from matplotlib.figure import Figure

from tinyhost.metrics.keywords import KeywordCurve, KeywordPoint
from tinyhost.report.figures import FOREGROUND, MUTED, SERIES, new_figure, style
from tinyhost.tasks.findings import Timeline

__all__ = ["curve_figure", "thresholds_figure", "timeline_figure"]

_LEAST_RATE = 1e-4  # where a rate of 0 is drawn
_ROW_S = 60.0
_MAX_ROWS = 10


def curve_figure(curves: dict[str, KeywordCurve], chosen: KeywordPoint | None) -> Figure:
    """Return misses over false accepts, both in percent, false accepts on a logarithmic scale."""
    fig = new_figure(10, 3.6)
    with style():
        axes = fig.add_subplot()
        axes.grid(visible=True, linewidth=0.8)
        for index, (name, curve) in enumerate(curves.items()):
            points = [point for point in curve.points if point.false_reject_rate is not None]
            axes.plot(
                [100 * max(point.false_accept_rate or 0.0, _LEAST_RATE) for point in points],
                [100 * (point.false_reject_rate or 0.0) for point in points],
                color=SERIES[index],
                label=name,
            )
        if chosen is not None and chosen.false_reject_rate is not None:
            at = (100 * max(chosen.false_accept_rate or 0.0, _LEAST_RATE), 100 * chosen.false_reject_rate)
            axes.plot(*at, "o", color=FOREGROUND, markersize=6)
            axes.annotate(
                f"threshold {chosen.threshold:.2f}",
                at,
                xytext=(8, 6),
                textcoords="offset points",
                fontsize=9,
                color=FOREGROUND,
            )
        axes.set_xscale("log")
        axes.set_xlabel("false accepts, % of clips without a word")
        axes.set_ylabel("misses, % of words")
        axes.set_ylim(bottom=0)
        axes.tick_params(length=0, which="both")
        axes.legend(frameon=False, fontsize=9, labelcolor=FOREGROUND)
    return fig


def thresholds_figure(curve: KeywordCurve, chosen: KeywordPoint | None) -> Figure:
    """Return both rates over the threshold, in percent."""
    fig = new_figure(10, 3.0)
    thresholds = [point.threshold for point in curve.points]
    with style():
        axes = fig.add_subplot()
        axes.grid(visible=True, axis="y", linewidth=0.8)
        rates = (
            ("false accepts, % of clips without a word", [point.false_accept_rate for point in curve.points]),
            ("misses, % of words", [point.false_reject_rate for point in curve.points]),
        )
        for index, (name, values) in enumerate(rates):
            if None not in values:
                axes.plot(thresholds, [100 * (value or 0.0) for value in values], color=SERIES[index], label=name)
        if chosen is not None:
            axes.axvline(chosen.threshold, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)))
        axes.set_xlabel("threshold")
        axes.set_xlim(0, 1)
        axes.set_ylim(bottom=0)
        axes.tick_params(length=0)
        axes.legend(frameon=False, fontsize=9, labelcolor=FOREGROUND)
    return fig


def timeline_figure(timeline: Timeline) -> Figure:
    """Return a line for each minute, up to ten: bars where something happens, marks where something is detected."""
    n_rows = min(_MAX_ROWS, max(1, -(-int(timeline.seconds) // int(_ROW_S))))
    colours = {word: SERIES[index % len(SERIES)] for index, word in enumerate(timeline.labels)}
    fig = new_figure(10, 0.8 + 0.42 * n_rows)
    with style():
        axes = fig.add_subplot()
        for word in timeline.happened:
            row, begin = divmod(word.start_s, _ROW_S)
            if row < n_rows:
                axes.barh(
                    row,
                    max(word.end_s - word.start_s, 0.1),
                    left=begin,
                    height=0.34,
                    color=colours.get(word.label, MUTED),
                )
        for name, right, marker, colour in (("hit", True, "v", FOREGROUND), ("false", False, "x", SERIES[3])):
            times = [mark.time_s for mark in timeline.marks if mark.right is right]
            shown = [(time_s % _ROW_S, time_s // _ROW_S - 0.34) for time_s in times if time_s // _ROW_S < n_rows]
            axes.plot([x for x, _ in shown], [y for _, y in shown], marker, color=colour, markersize=5, label=name)
        for label, colour in (*colours.items(), ("other words", MUTED)):
            axes.bar(0, 0, color=colour, label=label)
        axes.set_xlim(0, _ROW_S)
        axes.set_ylim(n_rows - 0.4, -0.7)
        axes.set_xlabel("second of the minute")
        axes.set_ylabel("minute")
        axes.set_yticks(range(n_rows))
        axes.tick_params(length=0)
        axes.legend(
            frameon=False,
            fontsize=9,
            labelcolor=FOREGROUND,
            ncols=6,
            loc="upper center",
            bbox_to_anchor=(0.5, 1.0 + 0.35 / (0.8 + 0.42 * n_rows) * 2),
        )
    return fig
