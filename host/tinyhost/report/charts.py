"""Charts of a benchmark and of an inspected model."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from tinyhost.bench.result import Latency, OperatorTicks
from tinyhost.models.summary import ModelSummary
from tinyhost.report.figures import FOREGROUND, GRID, MUTED, SERIES, SURFACE, new_figure, style

__all__ = ["arena_figure", "latency_figure", "operator_series"]

_MAX_LABELS = 5
_LABELS_ACROSS = 16  # number that fits side by side


def operator_series(names: Sequence[str]) -> dict[str, int]:
    """Return the colour index of each kind of operator, in order of appearance; the last colour is shared."""
    kinds = list(dict.fromkeys(names))
    return {name: min(index, len(SERIES) - 1) for index, name in enumerate(kinds)}


def latency_figure(latency: Latency) -> Figure:
    """Return a bar for each operator, left to right in the order of execution."""
    items = latency.per_operator
    series = operator_series([item.name for item in items])
    fig = new_figure(10, 3.2)
    with style():
        axes = fig.add_subplot()
        axes.grid(visible=True, axis="y", linewidth=0.8)
        axes.bar(
            [item.index for item in items],
            [100 * item.share for item in items],
            width=0.78,
            color=[SERIES[series[item.name]] for item in items],
        )
        for item in _to_label(items):
            axes.annotate(
                f"{100 * item.share:.1f} %",
                (item.index, 100 * item.share),
                ha="center",
                xytext=(0, 3),
                textcoords="offset points",
                fontsize=9,
                color=FOREGROUND,
            )
        axes.set_xlabel("operator")
        axes.set_ylabel(f"share of {latency.unit}, %")
        axes.set_xlim(-0.8, len(items) - 0.2)
        axes.margins(y=0.12)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=16))
        axes.tick_params(length=0)
    return fig


def _to_label(items: Sequence[OperatorTicks]) -> list[OperatorTicks]:
    """Return the largest operators, up to five, so far apart that their labels do not touch."""
    chosen: list[OperatorTicks] = []
    apart = max(2, -(-len(items) // _LABELS_ACROSS))
    for item in sorted(items, key=lambda item: -item.ticks):
        if len(chosen) < _MAX_LABELS and all(abs(item.index - other.index) >= apart for other in chosen):
            chosen.append(item)
    return chosen


def arena_figure(model: ModelSummary, limit_bytes: int) -> Figure:
    """Return the map of the arena: operators to the right, bytes upwards, a block for each tensor."""
    fig = new_figure(10, 3.6)
    top = max(model.arena_bytes, 1) / 1024
    with style():
        axes = fig.add_subplot()
        axes.grid(visible=True, axis="y", linewidth=0.8)
        for index, span in enumerate(model.buffers):
            width, height = span.last - span.first + 0.96, span.n_bytes / 1024
            axes.add_patch(
                Rectangle(
                    (span.first - 0.48, span.offset / 1024),
                    width,
                    height,
                    facecolor=SERIES[index % 6],
                    edgecolor=SURFACE,
                    linewidth=1.0,
                    alpha=0.85,
                )
            )
        axes.axhline(top, color=FOREGROUND, linewidth=1.0, linestyle=(0, (4, 3)))
        share = f"{100 * model.arena_bytes / limit_bytes:.0f} % of {limit_bytes / 1024:.0f} KiB"
        axes.annotate(
            f"arena {top:,.1f} KiB, {share}",
            (len(model.operators) - 0.5, top),
            ha="right",
            xytext=(0, 4),
            textcoords="offset points",
            fontsize=9,
            color=FOREGROUND,
        )
        axes.set_xlim(-0.8, len(model.operators) - 0.2)
        axes.set_ylim(0, top * 1.14)
        axes.set_xlabel("operator")
        axes.set_ylabel("KiB")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=16))
        axes.tick_params(length=0, colors=MUTED)
        axes.spines["left"].set_edgecolor(GRID)
    return fig
