"""Charts drawn with Matplotlib."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tinyhost.metrics.charts import Chart, Panel, Series
from tinyhost.report.figures import FOREGROUND, MUTED, SERIES, new_figure, style

__all__ = ["chart_figure"]

_WIDTH_IN = 10


def chart_figure(chart: Chart) -> Figure:
    """Return the figure of a chart."""
    fig = new_figure(_WIDTH_IN, chart.height_in)
    n = len(chart.panels)
    with style():
        shape = (1, n) if chart.beside else (n, 1)
        for panel, axes in zip(chart.panels, fig.subplots(*shape, squeeze=False).flat, strict=True):
            _draw_panel(axes, panel)
            if (chart.beside or panel is chart.panels[-1]) and sum(bool(series.name) for series in panel.series) > 1:
                axes.legend(frameon=False, fontsize=9, labelcolor=FOREGROUND)
    return fig


def _draw_panel(axes: Axes, panel: Panel) -> None:
    axes.grid(visible=True, axis="both" if panel.x_scale == "log" else "y", linewidth=0.8)
    for index, series in enumerate(panel.series):
        _draw_series(axes, series, SERIES[(index if series.colour is None else series.colour) % len(SERIES)])
    for x in panel.lines_at:
        axes.axvline(x, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)))
    if panel.mark is not None:
        x, y, text = panel.mark
        axes.plot([x], [y], "o", color=FOREGROUND, markersize=6)
        axes.annotate(text, (x, y), xytext=(8, 6), textcoords="offset points", fontsize=9, color=FOREGROUND)
    _set_scale(axes, panel)
    axes.set_xlabel(panel.x_label)
    axes.set_ylabel(panel.y_label)
    axes.tick_params(length=0, which="both")


def _draw_series(axes: Axes, series: Series, colour: str) -> None:
    if series.style in ("bars", "area"):
        filled = series.style == "area"
        axes.stairs(series.y, series.x, fill=filled, color=colour, alpha=0.6 if filled else 1.0, label=series.name)
    elif series.style == "points":
        axes.plot(series.x, series.y, "o", color=colour, label=series.name, markersize=2.8 if series.name else 5)
    else:
        axes.plot(series.x, series.y, "o-" if series.style != "line" else "-", color=colour, label=series.name)


def _set_scale(axes: Axes, panel: Panel) -> None:
    for scale, change in ((panel.x_scale, axes.set_xscale), (panel.y_scale, axes.set_yscale)):
        if scale != "linear":
            change("log", base=2 if scale == "log2" else 10)
    if panel.x_scale == "linear" and all(isinstance(x, int) for series in panel.series for x in series.x):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if panel.x_ticks is not None:
        axes.set_xticks(panel.x_ticks, [f"{tick:g}" for tick in panel.x_ticks])
        axes.minorticks_off()
    if panel.from_zero:
        axes.set_ylim(bottom=0)
