"""What `tinyhost data` shows of a data set and of an import."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tinyhost.cli.output import console, escape, note, write_json

if TYPE_CHECKING:
    from tinyhost.datasets.clips import Skipped
    from tinyhost.datasets.describe import DataDescription
    from tinyhost.datasets.importing import ImportReport

__all__ = ["print_import", "print_info"]

_SHOWN = 10


def print_import(report: ImportReport, source: Path, target: Path, json: str | None) -> None:
    """Show what an import did, and write its document."""
    if json:
        document = {
            "schema": "tinyhost.data_import/1",
            "source": str(source),
            "folder": str(target),
            "format": report.format,
            "stored": dict(sorted(report.stored.items())),
            "skipped": _rows(report.skipped),
            "not_wanted": report.not_wanted,
        }
        write_json(document, json)
    if json != "-":
        console().print(
            f"{target}: {report.stored.total():,} clips of {len(report.stored)} labels stored, "
            f"{len(report.skipped):,} skipped",
            soft_wrap=True,
            markup=False,
        )
    _print_skipped(report.skipped)


def print_info(found: DataDescription, json: str | None) -> None:
    """Show what is in a data set, and write its document."""
    if json:
        document = {
            "schema": "tinyhost.data/1",
            "folder": str(found.root),
            "kind": found.kind,
            "labels": found.labels,
            "files": found.n_files,
            "machines": found.machines,
            "length": found.length,
            "seconds": found.seconds,
            "speakers": found.n_speakers,
            "background_files": found.n_background,
            "split_by": found.split_by,
            "parts": None if found.parts is None else dict(found.parts),
            "skipped": _rows(found.skipped),
        }
        write_json(document, json)
    if json != "-":
        _print_table(found)
    _print_skipped(found.skipped)


def _print_table(found: DataDescription) -> None:
    from tinyhost.views.tables import plain_table

    table = plain_table("label", "recordings" if found.kind == "machines" else found.kind)
    for label, count in found.labels.items():
        table.add_row(escape(label), f"{count:,}")
    console().print(table)
    if found.parts is None:
        return
    parts = ", ".join(f"{count:,} {part}" for part, count in found.parts.items())
    console().print(f"{_summary(found)}\nsplit by {found.split_by}: {parts}", soft_wrap=True, markup=False)


def _summary(found: DataDescription) -> str:
    if found.kind == "series":
        return f"{found.n_files:,} series of {found.length:,} values"
    minutes = f"{(found.seconds or 0) / 60:.1f} minutes"
    if found.machines is not None:
        of_each = ", ".join(f"{name} {count:,}" for name, count in found.machines.items())
        return f"{found.n_files:,} recordings, {minutes}, of {len(found.machines)} machines: {of_each}"
    return (
        f"{found.n_files:,} clips, {minutes}, {found.n_speakers} speakers, "
        f"{found.n_background} files of background noise"
    )


def _print_skipped(skipped: Sequence[Skipped]) -> None:
    for item in skipped[:_SHOWN]:
        note(f"[yellow]skipped[/] {escape(item.reason if item.what in item.reason else f'{item.what}: {item.reason}')}")
    if len(skipped) > _SHOWN:
        note(f"[yellow]skipped[/] {len(skipped) - _SHOWN:,} more; --json lists them all")


def _rows(skipped: Sequence[Skipped]) -> list[dict[str, str]]:
    return [{"what": item.what, "reason": item.reason} for item in skipped]
