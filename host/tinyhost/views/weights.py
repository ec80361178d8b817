"""A model's weights: a row for each layer, with its histogram on the int8 grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tinyhost.views.bars import ACCENT, DIM, sparkline

if TYPE_CHECKING:
    from tinyhost.models.weights import LayerWeights

__all__ = ["weights_view"]

_HEADINGS = ("#", "weights", "range", "sigma", "scales", "unused", "ends", "dead", "SQNR")


def weights_view(layers: Sequence[LayerWeights]) -> RenderableType:
    """Return a table of int8 weights, the legend of its columns, and each layer's histogram."""
    figures = _table(*_HEADINGS)
    histograms = _table("#", "operator", "weights from -128 to 127")
    for layer in layers:
        scales = f"{layer.least_scale:.2g}"
        if layer.largest_scale > layer.least_scale:
            scales += f"..{layer.largest_scale:.2g}"
        figures.add_row(
            str(layer.index),
            f"{layer.n:,}",
            f"{layer.low:.2f}..{layer.high:.2f}",
            f"{layer.sigma:.2g}",
            scales,
            f"{layer.n_unused_levels}/255",
            f"{layer.saturated:.1%}",
            f"{layer.n_dead_channels}/{layer.n_channels}",
            "-" if layer.sqnr_db is None else f"{layer.sqnr_db:.1f} dB",
        )
        bars = sparkline(layer.histogram, len(layer.histogram), ACCENT)
        histograms.add_row(str(layer.index), layer.name, bars)
    note = (
        "unused: levels that no weight uses; ends: weights at the ends of the range; dead: all-zero channels; SQNR: "
        "signal-to-quantization-noise ratio of the weights"
    )
    return Group(figures, Text(note, DIM), Text(), histograms)


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in headings:
        is_text = heading == "operator" or heading == headings[-1] != "SQNR"
        table.add_column(heading, justify="left" if is_text else "right", no_wrap=True)
    return table
