"""The samples that a model was trained on: `data.json` beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tinyhost.datasets.manifest import read_manifest
from tinyhost.datasets.unlisted import SAMPLE_SUFFIXES
from tinyhost.errors import DatasetError
from tinyhost.system.durable import write_atomically
from tinyhost.system.folders import files_below
from tinyhost.system.json_reading import read_json
from tinyhost.system.reading import open_file

__all__ = ["RUN_DATA_NAME", "RunData", "file_digest", "read_run_data", "write_run_data"]

RUN_DATA_NAME = "data.json"
_SCHEMA = "tinyhost.run_data/1"
_MAX_BYTES = 1 << 29
_LARGEST = 1 << 40
_BLOCK = 1 << 20
_HINT = "it is written by tinyhost train; delete it if it is of no use"


@dataclass(frozen=True, kw_only=True)
class RunData:
    """The data that a run was trained and measured on."""

    folder: Path
    """of the data set"""
    samples: Mapping[str, str]
    """the SHA-256 of each file, by its name below the folder"""
    start_from: Path | None
    """the model from which the run continued"""
    teacher: Path | None
    """the model whose answers it learnt"""


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, hex. Raises DatasetError."""
    digest = hashlib.sha256()
    with open_file(path, max_bytes=_LARGEST) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def write_run_data(run: Path, data: Path, start_from: Path | None, teacher: Path | None = None) -> None:
    """Write the files of the data set of a run: all of them, since splits and figures depend on the whole set.

    start_from, teacher: the models from which it learnt, too.
    """
    known = {line.file: line.sha256 for line in read_manifest(data)}
    files = {path.relative_to(data).as_posix(): path for path in files_below(data)}
    samples = {
        name: known.get(name) or file_digest(path)
        for name, path in sorted(files.items())
        if path.suffix.lower() in SAMPLE_SUFFIXES
    }
    values = {
        "schema": _SCHEMA,
        "folder": str(data.resolve()),
        "start_from": str(start_from.resolve()) if start_from else None,
        "teacher": str(teacher.resolve()) if teacher else None,
        "samples": samples,
    }
    write_atomically(run / RUN_DATA_NAME, (json.dumps(values, indent=1, ensure_ascii=False) + "\n").encode("utf-8"))


def read_run_data(run: Path) -> RunData | None:
    """Return the data of a run, or None if they are unknown. Raises DatasetError for a damaged file."""
    path = run / RUN_DATA_NAME
    if not path.exists():
        return None
    found = read_json(path, max_bytes=_MAX_BYTES, error=DatasetError, hint=_HINT)
    samples = found.object("samples")
    return RunData(
        folder=Path(found.text("folder")),
        samples={name: samples.text(name) for name in samples.values},
        start_from=_path(found.values.get("start_from")),
        teacher=_path(found.values.get("teacher")),
    )


def _path(value: object) -> Path | None:
    return Path(value) if isinstance(value, str) else None
