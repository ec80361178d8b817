"""Charts as values, independent of how they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["Chart", "Panel", "Scale", "Series"]

Scale = Literal["linear", "log", "log2"]


@dataclass(frozen=True, kw_only=True)
class Series:
    """Values along an axis, in one colour."""

    name: str
    """text in the legend; empty: none"""
    x: Sequence[float]
    """for `bars` and `area` the edges, one more than values"""
    y: Sequence[float]
    style: Literal["line", "points", "line and points", "bars", "area"] = "line"
    colour: int | None = None
    """index of its colour; None: by its position among the series"""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Series that share their axes."""

    series: tuple[Series, ...]
    x_label: str = ""
    y_label: str = ""
    x_scale: Scale = "linear"
    y_scale: Scale = "linear"
    x_ticks: Sequence[float] | None = None
    """None: chosen by the scale"""
    from_zero: bool = False
    """the y axis begins at 0"""
    lines_at: tuple[float, ...] = ()
    """vertical lines"""
    mark: tuple[float, float, str] | None = None
    """a point with a text"""


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Panels side by side, or one below another."""

    description: str
    """text alternative for those who cannot see it"""
    panels: tuple[Panel, ...]
    beside: bool = True
    height_in: float = 3.0
