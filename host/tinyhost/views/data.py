"""The content of a data set, and its unusable files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from tinyhost.system.wording import counted
from tinyhost.views.tables import plain_table

if TYPE_CHECKING:
    from tinyhost.datasets.describe import DataDescription
    from tinyhost.datasets.skipped import Skipped

__all__ = ["data_view", "skipped_lines"]

_SHOWN = 10


def data_view(found: DataDescription) -> RenderableType:
    """Return a row for each label, then the totals and the split."""
    table = plain_table("label", "recordings" if found.kind in {"machines", "motion"} else found.kind)
    for label, count in found.labels.items():
        table.add_row(label, f"{count:,}")
    lines = [] if found.kind == "pictures" else [_summary(found)]
    if found.parts is not None:
        parts = ", ".join(f"{count:,} {part}" for part, count in found.parts.items())
        lines.append(f"split by {found.split_by}: {parts}")
    issues = Text("\n".join(_first(found.issues)), "yellow")
    return Group(table, *(Text(line) for line in lines), *([issues] if found.issues else []))


def _first(lines: Sequence[str]) -> list[str]:
    """Return the first ten, and the number of further ones."""
    more = [f"{len(lines) - _SHOWN:,} more; --json lists them all"] if len(lines) > _SHOWN else []
    return [*lines[:_SHOWN], *more]


def _summary(found: DataDescription) -> str:
    if found.kind == "series":
        return f"{counted(found.files, 'series')} of {found.length:,} values"
    minutes = f"{(found.seconds or 0) / 60:.1f} minutes"
    if found.kind == "motion":
        causes = ", ".join(f"{seconds:.1f} s {cause}" for cause, seconds in (found.left_out_s or {}).items())
        left_out = f"; of normal running left out: {causes}" if causes else ""
        return f"{counted(found.files, 'recording')}, {minutes}, {found.rate_hz:,.4g} samples a second{left_out}"
    if found.machines is not None:
        of_each = ", ".join(f"{name} {count:,}" for name, count in found.machines.items())
        return (
            f"{counted(found.files, 'recording')}, {minutes}, of {counted(len(found.machines), 'machine')}: {of_each}"
        )
    return (
        f"{counted(found.files, 'clip')}, {minutes}, {counted(found.speakers or 0, 'speaker')}, "
        f"{counted(found.background_files or 0, 'file')} of background noise"
    )


def skipped_lines(skipped: Sequence[Skipped]) -> Iterator[Text]:
    """Yield the unusable files with the reason; of many files the first ten."""
    for line in _first([str(item) for item in skipped]):
        yield Text.assemble(("skipped", "yellow"), f" {line}")
