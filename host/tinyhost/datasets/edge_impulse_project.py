"""Folders of Edge Impulse's export and uploader: sample files with their labels and parts.

https://docs.edgeimpulse.com/tools/specifications/data-annotation/ei-labels
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyhost.audio.sound_file import SOUND_SUFFIXES
from tinyhost.audio.speakers import PARTS, Part
from tinyhost.datasets.folder import EXPORT_LIST, kind_of
from tinyhost.datasets.skipped import Skipped
from tinyhost.errors import DatasetError
from tinyhost.sensors.picture_file import PICTURE_SUFFIXES
from tinyhost.system.durable import write_atomically
from tinyhost.system.folders import files_below, visible
from tinyhost.system.json_reading import JsonObject, read_json

__all__ = ["Export", "LabelledFile", "file_name", "holds_export", "list_export", "write_info"]

_FOLDERS = ("training", "testing")
_ACQUISITIONS = frozenset({".json", ".cbor"})
_SUFFIXES = _ACQUISITIONS | SOUND_SUFFIXES | PICTURE_SUFFIXES
_MAX_BYTES = 1 << 28
_MAX_FILES = 10_000_000
_PART_KEY = "tinyhost_part"
"""in a file's metadata: its part, where Edge Impulse knows only training and testing"""
_HINT = f"expected Edge Impulse's {EXPORT_LIST}"


@dataclass(frozen=True, kw_only=True)
class LabelledFile:
    """One file of an export."""

    path: Path
    label: str
    part: Part | None
    """None: not given by the export"""


@dataclass(frozen=True, kw_only=True)
class Export:
    """The files of an export, not read yet."""

    files: tuple[LabelledFile, ...]
    skipped: tuple[Skipped, ...]
    """files without a single label, and those in no list"""


def holds_export(folder: Path) -> bool:
    """Return whether a folder is an export: it has an info.labels, or only training and testing, or only JSON."""
    if _infos(folder):
        return True
    if kind_of(folder) is None:
        return any(path.suffix.lower() in _ACQUISITIONS for path in files_below(folder))
    names = {path.name for path in visible(folder) if path.is_dir()}
    files = [path for name in names & set(_FOLDERS) for path in visible(folder / name) if path.is_file()]
    return bool(names) and names <= set(_FOLDERS) and any(_label_of_name(path.name) for path in files)


def list_export(folder: Path) -> Export:
    """Return the files of an exported project: by its info.labels or, without one, by names such as yes.123.json.

    Raises DatasetError for a list that cannot be read, and for paths that lead out of the folder.
    """
    infos = _infos(folder)
    files: list[LabelledFile] = []
    skipped: list[Skipped] = []
    for info in infos:
        for row in _rows(info):
            item = _listed(row, info, folder)
            files.append(item) if isinstance(item, LabelledFile) else skipped.append(item)
    named = {file.path for file in files} | {folder / item.what for item in skipped}
    for path in sorted(files_below(folder)):
        if path.suffix.lower() not in _SUFFIXES or path in named:
            continue
        what = path.relative_to(folder).as_posix()
        label = "" if infos else _label_of_name(path.name)
        if label:
            files.append(LabelledFile(path=path, label=label, part=_part_named(path.relative_to(folder).parts[0])))
        else:
            reason = f"not in {EXPORT_LIST}" if infos else "its name contains no label, as in yes.1.json"
            skipped.append(Skipped(what=what, reason=f"{what}: {reason}"))
    return Export(files=tuple(files), skipped=tuple(skipped))


def file_name(label: str, stem: str, part: Part, *, suffix: str = ".json") -> str:
    """Return the path of a file to be exported, below the folder; its name includes the label."""
    folder = "testing" if part == "testing" else "training"
    return f"{folder}/{label.replace('.', '_')}.{stem}{suffix}"


def write_info(folder: Path, files: Sequence[LabelledFile]) -> None:
    """Write info.labels, which tells Edge Impulse's uploader labels and categories. Raises OSError."""
    rows = [_row(file, folder) for file in files]
    write_atomically(folder / EXPORT_LIST, (json.dumps({"version": 1, "files": rows}, indent=1) + "\n").encode("utf-8"))


def _row(file: LabelledFile, folder: Path) -> dict[str, Any]:
    row: dict[str, Any] = {
        "path": file.path.relative_to(folder).as_posix(),
        "category": "testing" if file.part == "testing" else "training",
        "label": {"type": "label", "label": file.label},
    }
    return row | ({"metadata": {_PART_KEY: file.part}} if file.part == "validation" else {})


def _infos(folder: Path) -> list[Path]:
    """Return the lists of an export: one for all, or one in each part's folder."""
    if (folder / EXPORT_LIST).is_file():
        return [folder / EXPORT_LIST]
    return [path for name in _FOLDERS if (path := folder / name / EXPORT_LIST).is_file()]


def _rows(info: Path) -> list[JsonObject]:
    whole = read_json(info, max_bytes=_MAX_BYTES, error=DatasetError, hint=_HINT)
    return whole.objects("files", max_items=_MAX_FILES)


def _listed(row: JsonObject, info: Path, folder: Path) -> LabelledFile | Skipped:
    name = row.text("path").replace("\\", "/")
    path = info.parent / name
    try:
        is_inside = path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):  # a zero byte, a name too long, links in a circle
        is_inside = False
    if not is_inside:
        raise DatasetError(f"{row.where}.path: {name[:80]!r} leads out of the folder", hint=_HINT)
    what = path.relative_to(folder).as_posix()
    label = row.values.get("label")
    if isinstance(label, dict):
        label = label.get("label") if label.get("type", "label") == "label" else None
    if not isinstance(label, str) or not label:
        return Skipped(what=what, reason=f"{what}: expected one label in {info.name}, got none, or several")
    return LabelledFile(path=path, label=label, part=_part_of(row, info))


def _part_of(row: JsonObject, info: Path) -> Part | None:
    """Return a file's part: as tinyhost noted it, else as Edge Impulse has it; None if that divides it by itself."""
    metadata = row.values.get("metadata")
    noted = metadata.get(_PART_KEY) if isinstance(metadata, dict) else None
    category = row.values.get("category", info.parent.name)
    return _part_named(noted) or _part_named(category)


def _part_named(name: object) -> Part | None:
    return next((part for part in PARTS if part == name), None)


def _label_of_name(name: str) -> str:
    """Return the label that Edge Impulse's uploader takes from a name, all before the first dot; empty if it has none.

    A name with one dot only, as 000001.json, says none.
    """
    return name.split(".", maxsplit=1)[0] if name.count(".") >= 2 else ""
