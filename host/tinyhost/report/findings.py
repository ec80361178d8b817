"""The context of templates/findings.html: a task's findings for an HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from tinyhost.metrics.charts import Chart
from tinyhost.report.drawing import chart_figure
from tinyhost.report.figures import figure_svg
from tinyhost.report.render import matrix_rows, picture_uri
from tinyhost.report.timeline import timeline_figure
from tinyhost.sensors.picture_file import read_picture
from tinyhost.tasks.findings import Confusion, Grid, Judged, JudgedSamples, Note, Part, Section, Timeline, WhatIf

__all__ = ["section_context"]

_MAX_WRONG, _MAX_RIGHT = 18, 12


def section_context(section: Section) -> dict[str, Any]:
    """Return the template's context for a section."""
    return {
        "title": section.title,
        "note": section.note,
        "figures": section.figures,
        "parts": [_part(part) for part in section.parts],
    }


def _part(part: Part) -> dict[str, Any]:
    if isinstance(part, Note):
        return {"kind": "note", "text": part.text, "level": part.level}
    if isinstance(part, Grid):
        return {"kind": "grid", "headings": part.headings, "rows": part.rows}
    if isinstance(part, Confusion):
        return {"kind": "confusion", "labels": part.labels, "rows": matrix_rows(part.labels, part.counts)}
    if isinstance(part, WhatIf):
        return {"kind": "what_if", **asdict(part)}
    if isinstance(part, JudgedSamples):
        return _samples(part)
    return {"kind": "figure", "svg": _drawn(part)}


def _drawn(part: Chart | Timeline) -> str:
    if isinstance(part, Chart):
        return figure_svg(chart_figure(part), alt=part.description)
    return figure_svg(timeline_figure(part), alt="What happened and what was detected over time")


def _samples(shown: JudgedSamples) -> dict[str, Any]:
    """Return the misclassified samples with the highest confidence, and an even choice of the correct ones."""
    wrong = sorted((item for item in shown.samples if not item.right), key=_margin, reverse=True)
    right = [item for item in shown.samples if item.right]
    return {
        "kind": "samples",
        "n_wrong": len(wrong),
        "n_right": len(right),
        "wrong": [_sample(item, shown.labels) for item in wrong[:_MAX_WRONG]],
        "right": [_sample(item, shown.labels) for item in _spread(right, _MAX_RIGHT)],
    }


def _margin(item: Judged) -> float:
    """Return how far the highest score is above the second highest."""
    scores = sorted(item.scores)
    return scores[-1] - scores[-2] if len(scores) > 1 else scores[-1]


def _spread(items: Sequence[Judged], n: int) -> list[Judged]:
    """Return at most `n` items, evenly chosen."""
    if len(items) <= n:
        return list(items)
    return [items[int(index)] for index in np.linspace(0, len(items) - 1, n)]


def _sample(item: Judged, labels: Sequence[str]) -> dict[str, Any]:
    return {
        "uri": picture_uri(read_picture(item.path)) if item.is_picture else "",
        "label": item.label,
        "predicted": item.predicted,
        "scores": [
            {"label": label, "value": score, "width": round(100 * min(1.0, max(0.0, score)), 1)}
            for label, score in zip(labels, item.scores, strict=True)
        ],
        "name": f"{item.path.parent.name}/{item.path.name}",
    }
