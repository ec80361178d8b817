"""The chart of a long recording over time."""

from __future__ import annotations

from matplotlib.figure import Figure

from tinyhost.report.figures import FOREGROUND, MUTED, SERIES, new_figure, style
from tinyhost.tasks.findings import Timeline

__all__ = ["timeline_figure"]

_ROW_S = 60.0
_MAX_ROWS = 10


def timeline_figure(timeline: Timeline) -> Figure:
    """Return the figure with a line for each minute, up to ten: bars for events, marks for detections."""
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
