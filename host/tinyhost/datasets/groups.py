"""The groups of samples: from a table with a row for each file, of ours, Wake Vision's or Common Voice's, or from the
attributes in an imported set's manifest.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tinyhost.datasets.manifest import MANIFEST_NAME, read_manifest
from tinyhost.errors import DatasetError
from tinyhost.protocol.labels import normal_label
from tinyhost.system.delimited import read_rows
from tinyhost.system.reading import read_text

__all__ = ["UNSTATED", "Groups", "read_groups"]

UNSTATED = "not said"
"""the group of a sample whose value is empty"""
_FILES = ("file", "filename", "path", "image")
_MAX_BYTES = 1 << 30
_MOST_GROUPS = 12
"""of a column: one with more values, such as a sentence or an id, makes no groups"""
_EMPTY = frozenset({"", "-1", "nan", "none"})
_HINT = "expected a table with a column `file` and one column for each grouping, such as gender"


@dataclass(frozen=True, kw_only=True)
class Groups:
    """Groups of samples, by one or more columns."""

    path: Path
    columns: Mapping[str, Mapping[str, str]]
    """the group of each file, by column"""

    def of(self, column: str, file: Path) -> str | None:
        """Return the group of a sample by the longest suffix of its path in the table; None if it is not there."""
        known, parts = self.columns[column], PurePosixPath(normal_label(file.as_posix())).parts
        ends = ("/".join(parts[index:]) for index in range(len(parts)))
        return next((known[end] for end in ends if end in known), None)


def read_groups(path: Path, columns: Iterable[str] = ()) -> Groups:
    """Return the groups of a table.

    columns: only these; none: all that have 2 to 12 different values. A value is a group; in columns of 0 and 1 the
    group is named `column=1`. Raises DatasetError if the table lacks a column, or makes no groups.
    """
    is_ours = path.name == MANIFEST_NAME
    lines = _table_of(path) if is_ours else read_text(path, max_bytes=_MAX_BYTES).splitlines()
    header, rows = read_rows(lines, _header, str(path))
    place = next(index for name in _FILES for index, own in enumerate(header) if own == name)
    missing = [name for name in columns if name not in header]
    if missing:
        raise DatasetError(f"{path}: no column {', '.join(missing)}; it has {', '.join(header)}", hint=_HINT)
    table = [(normal_label(row[place].replace("\\", "/").removeprefix("./")), row) for _, row in rows]
    names = list(columns) or [name for index, name in enumerate(header) if index != place]
    found: dict[str, Mapping[str, str]] = {}
    for name in names:
        values = {file: row[header.index(name)].strip() for file, row in table if file}
        n_groups = len(set(values.values()))
        if columns or 2 <= n_groups <= _MOST_GROUPS:
            found[name] = _named(name, values)
    if not found:
        raise DatasetError(f"{path}: no column with 2 to {_MOST_GROUPS} different values", hint=_HINT)
    return Groups(path=path, columns=found)


def _table_of(manifest: Path) -> list[str]:
    """Return a manifest's attributes as the lines of a table. Raises DatasetError."""
    samples = read_manifest(manifest.parent)
    names = sorted({name for sample in samples for name in sample.attributes} - set(_FILES))
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, [_FILES[0], *names], restval="", extrasaction="ignore", delimiter="\t")
    table.writeheader()
    table.writerows({**sample.attributes, _FILES[0]: sample.file} for sample in samples)
    return text.getvalue().splitlines()


def _header(names: Sequence[str], where: str) -> list[str]:
    if not set(_FILES) & set(names):
        raise DatasetError(f"{where}: no column {' or '.join(_FILES)}", hint=_HINT)
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        raise DatasetError(f"{where}: two columns {twice[0]}", hint=_HINT)
    return list(names)


def _named(column: str, values: Mapping[str, str]) -> dict[str, str]:
    said = {value for value in values.values() if value.lower() not in _EMPTY}
    is_flag = said <= {"0", "1"}
    return {
        file: UNSTATED if value.lower() in _EMPTY else f"{column}={value}" if is_flag else value
        for file, value in values.items()
    }
