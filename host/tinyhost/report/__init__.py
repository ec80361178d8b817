"""HTML reports: one self-contained file each, light and dark, printable."""

from __future__ import annotations

from tinyhost.report.figures import figure_svg, new_figure
from tinyhost.report.render import picture_uri, render

__all__ = ["figure_svg", "new_figure", "picture_uri", "render"]
