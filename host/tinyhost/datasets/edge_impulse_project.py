"""Folders that Edge Impulse exports and its uploader takes: acquisition files, and what their labels are.

https://docs.edgeimpulse.com/tools/specifications/data-annotation/ei-labels
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tinyhost.datasets.edge_impulse import as_object, as_text, bad_format, load_json
from tinyhost.system.durable import write_atomically

__all__ = ["INFO_NAME", "Category", "LabelledFile", "label_of_name", "list_export", "write_info"]

INFO_NAME = "info.labels"
Category = Literal["training", "testing"]


@dataclass(frozen=True, kw_only=True)
class LabelledFile:
    """One file of an export."""

    path: Path
    label: str
    category: Category


def list_export(folder: Path) -> Iterator[LabelledFile]:
    """Yield the files of an exported project: by its info.labels or, without one, by names such as yes.123.json.

    Paths that lead out of the folder, and files with no label or several, are errors. Raises DatasetError.
    """
    infos = [path for name in (".", "training", "testing") if (path := folder / name / INFO_NAME).is_file()]
    for info in infos:
        yield from _listed(info.parent, info)
        if info.parent == folder:
            return
    if infos:
        return
    for path in sorted(folder.rglob("*.json")):
        category: Category = "testing" if "testing" in path.relative_to(folder).parts[:-1] else "training"
        yield LabelledFile(path=path, label=label_of_name(path.name), category=category)


def label_of_name(name: str) -> str:
    """Return the label that Edge Impulse's uploader takes from a file's name: all before the first dot."""
    return name.split(".", 1)[0]


def write_info(folder: Path, files: Sequence[LabelledFile]) -> None:
    """Write info.labels, which tells Edge Impulse's uploader labels and categories. Raises OSError."""
    rows = [
        {
            "path": file.path.relative_to(folder).as_posix(),
            "category": file.category,
            "label": {"type": "label", "label": file.label},
        }
        for file in files
    ]
    write_atomically(folder / INFO_NAME, (json.dumps({"version": 1, "files": rows}, indent=1) + "\n").encode("utf-8"))


def _listed(folder: Path, info: Path) -> Iterator[LabelledFile]:
    document = as_object(load_json(info.read_bytes(), str(info)), str(info))
    rows = document.get("files")
    if not isinstance(rows, list):
        raise bad_format(str(info), "files: expected a list")
    for number, item in enumerate(rows):
        where = f"{info}: files[{number}]"
        row = as_object(item, where)
        name = as_text(row.get("path"), f"{where}.path")
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise bad_format(where, f"{name!r} leads out of the folder")
        label = row.get("label", {})
        if isinstance(label, dict):
            label = label.get("label")
        category = row.get("category", "training")
        if category not in {"training", "testing", "split"}:
            raise bad_format(where, f"category: expected training or testing, got {category!r:.40}")
        if not isinstance(label, str) or not label:
            raise bad_format(where, f"label: expected one label, got {row.get('label')!r:.60}")
        yield LabelledFile(path=path, label=label, category="testing" if category == "testing" else "training")
