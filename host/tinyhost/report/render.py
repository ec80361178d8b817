"""Rendering of templates into self-contained HTML. Everything is escaped unless it is Markup."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import jinja2
import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray

import tinyhost
from tinyhost.metrics.intervals import Interval, wilson

__all__ = ["inline", "matrix_rows", "picture_uri", "render", "short"]


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["thousands"] = lambda value: f"{value:,}"
    environment.filters["percent"] = lambda value, digits=1: "–" if value is None else f"{100 * value:.{digits}f} %"
    environment.filters["kib"] = lambda value: f"{value / 1024:,.1f} KiB"
    environment.filters["short"] = short
    environment.filters["inline"] = inline
    environment.globals["version"] = tinyhost.__version__
    return environment


def short(value: float) -> str:
    """Return a count with three significant digits and k, M or G."""
    for factor, suffix in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= factor:
            scaled = value / factor
            return f"{scaled:.{max(0, 2 - len(str(int(abs(scaled)))) + 1)}f}{suffix}"
    return f"{value:g}"


def inline(text: str) -> Markup:
    """Return a text with the parts between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 (escaped)


def render(template: str, **context: Any) -> str:
    """Return the HTML of a template in report/templates; a missing name is an error.

    Templates extend base.html, which needs `title` and `subtitle`.
    """
    return _environment().get_template(template).render(**context)


def matrix_rows(labels: Sequence[str], confusion: Sequence[Sequence[int]]) -> list[dict[str, Any]]:
    """Return the rows of a confusion matrix; a cell's weight is the opacity of its colour, 0..60 %."""
    rows = []
    for index, (label, counts) in enumerate(zip(labels, confusion, strict=True)):
        total = sum(counts) or 1
        cells = [
            {
                "count": count,
                "share": count / total,
                "within": _within(wilson(count, sum(counts))),
                "right": column == index,
                "weight": round(60 * count / total),
            }
            for column, count in enumerate(counts)
        ]
        rows.append({"label": label, "cells": cells})
    return rows


def _within(interval: Interval | None) -> str:
    return "" if interval is None else f"{100 * interval.low:.0f} to {100 * interval.high:.0f} %"


def picture_uri(pixels: NDArray[np.uint8]) -> str:
    """Return a grey picture (height, width) as a data: URI."""
    _, data = cv2.imencode(".png", pixels)
    return "data:image/png;base64," + base64.b64encode(data.tobytes()).decode("ascii")
