"""The model card: the sections of a training's outcome as Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from tinyhost.tasks.findings import Confusion, Figure, Grid, Note, Part, Section
from tinyhost.train.core.outcome import Outcome

__all__ = ["card", "wrapped"]

_COLUMNS = 120


def card(outcome: Outcome) -> str:
    """Return the model card: the model, its training data, its figures, and how it was made."""
    lines = [f"# {outcome.title}", ""]
    for section in outcome.all_sections():
        lines += [f"## {section.title}", wrapped(section.note), "", *_figures(section)]
        for part in section.parts:
            lines += _part(part)
    return "\n".join(lines)


def wrapped(prose: str, indent: str = "") -> str:
    """Return prose wrapped to a card's width. indent: of continuation lines."""
    wrap = textwrap.TextWrapper(_COLUMNS, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return "\n".join(wrap.fill(line) for line in prose.split("\n"))


def _figures(section: Section) -> Iterator[str]:
    yield from (wrapped(_figure(figure), indent="  ") for figure in section.figures)
    if section.figures:
        yield ""


def _figure(figure: Figure) -> str:
    more = f" ({figure.more})" if figure.more else ""
    return f"- {figure.name}: {figure.value}{f' {figure.unit}' if figure.unit else ''}{more}"


def _part(part: Part) -> Iterator[str]:
    """Yield a part's lines; charts and samples are for the report."""
    if isinstance(part, Note):
        yield from (wrapped(f"{part.text}."), "")
    elif isinstance(part, Grid):
        yield from _table(part.headings, part.rows)
    elif isinstance(part, Confusion):
        headings = ("true", *(f"predicted {label}" for label in part.labels), "recall")
        yield from _table(headings, [_recalled(part, index) for index in range(len(part.labels))])


def _recalled(part: Confusion, index: int) -> list[str]:
    """Return a row of the matrix with its class's recall."""
    row = part.counts[index]
    return [part.labels[index], *map(str, row), f"{row[index] / sum(row):.1%}" if any(row) else "-"]


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(headings)} |"
    yield f"|---|{'---|' * (len(headings) - 1)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""
