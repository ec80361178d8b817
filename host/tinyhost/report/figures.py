"""Matplotlib figures as inline SVG that follows the page's light or dark colours."""

from __future__ import annotations

import hashlib
import io
import re
from typing import Any

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

__all__ = ["FOREGROUND", "GRID", "MUTED", "SERIES", "SURFACE", "figure_svg", "new_figure"]

FOREGROUND, MUTED, GRID, SURFACE = "#010101", "#020202", "#030303", "#040404"
SERIES = tuple(f"#0501{index:02x}" for index in range(8))
"""Colours for drawing; figure_svg replaces each by a variable of base.html."""

_VARIABLES = {
    FOREGROUND: "var(--fg)",
    MUTED: "var(--muted)",
    GRID: "var(--line)",
    SURFACE: "var(--card)",
    **{colour: f"var(--s{index})" for index, colour in enumerate(SERIES)},
}
_STYLE: Any = {
    "svg.fonttype": "none",
    "font.size": 10,
    "text.color": FOREGROUND,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "grid.color": GRID,
    "figure.facecolor": "none",
}


def new_figure(width_in: float, height_in: float) -> Figure:
    """Return an empty figure whose size is in inches; it needs no display and leaves pyplot alone."""
    with mpl.rc_context(_STYLE):
        return Figure(figsize=(width_in, height_in), layout="constrained")


def style() -> Any:
    """Return a context in which axes take the report's style."""
    return mpl.rc_context(_STYLE)


def figure_svg(fig: Figure, *, alt: str = "") -> Markup:
    """Return a figure as an SVG element that scales with the page; `alt` is its text alternative."""
    buffer = io.StringIO()
    salt = hashlib.sha256(alt.encode()).hexdigest()[:8]
    with mpl.rc_context({**_STYLE, "svg.hashsalt": salt}):
        canvas: Any = FigureCanvasSVG(fig)
        canvas.print_svg(buffer, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(id="|url\(#|href="#)', rf"\g<1>f{salt}-", svg)
    svg = re.sub(r"#0[1-5]0[0-9a-f]{3}", lambda match: _VARIABLES.get(match[0], match[0]), svg)
    opening = Markup('<svg role="img" aria-label="{}"').format(alt)
    return Markup(opening + Markup(svg[len("<svg") :]))  # noqa: S704 (matplotlib's own output)
