"""Samples that are moved out of a data set, and back: nothing is deleted, and every move is written down before it."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from tinyhost.datasets.checking.findings import DataCheck, DataIssue
from tinyhost.datasets.manifest import MANIFEST_NAME, Sample, read_manifest, write_manifest
from tinyhost.errors import DatasetError
from tinyhost.system.durable import copy_file, write_atomically
from tinyhost.system.json_reading import JsonObject, parse_json
from tinyhost.system.locks import FileLock
from tinyhost.system.reading import read_file

__all__ = ["JOURNAL_NAME", "DatasetLock", "Restored", "quarantine", "restore"]

JOURNAL_NAME = "quarantine.jsonl"
_MAX_BYTES = 1 << 30
_HINT = "fix or delete this line; the files themselves are unchanged"


@dataclass(frozen=True, kw_only=True)
class Restored:
    """`tinyhost data check SET --restore DIR --json FILE`."""

    schema: Literal["tinyhost.data_restore/1"] = "tinyhost.data_restore/1"
    folder: Path
    quarantine: Path
    files: tuple[str, ...]
    """that were moved back, below the set's folder"""


@dataclass(frozen=True, kw_only=True)
class _Moved:
    """One line of the journal."""

    file: str
    issues: tuple[str, ...]
    line: str
    """of the set's manifest; empty: it had none"""
    place: int
    """of that line in the manifest"""


def quarantine(check: DataCheck, target: Path, only: Collection[DataIssue] = ()) -> tuple[str, ...]:
    """Move the samples that a check found into a folder; return the files. One of several copies stays.

    only: these issues; empty: all but notes. Raises DatasetError if the folder is in the set, holds what came from
    another set, or cannot be written.
    """
    root = check.folder
    if target.resolve().is_relative_to(root.resolve()):
        raise DatasetError(f"{target}: it is inside the data set", hint="name a folder beside it")
    wanted: dict[str, list[str]] = {}
    for finding in check.findings:
        for file in finding.surplus if (finding.issue in only if only else finding.level != "note") else ():
            wanted.setdefault(file, []).append(finding.issue)
    if not wanted:
        return ()
    with DatasetLock(root):
        journal = _journal(target, root)
        lines = read_manifest(root)
        places = {line.file: place for place, line in enumerate(lines)}
        moved = [_moved(file, wanted[file], lines, places) for file in sorted(wanted)]
        for item in moved:
            if (target / item.file).exists():
                raise DatasetError(f"{target / item.file}: a file of this name exists", hint="name another folder")
        _write_journal(target, root, [*(item for item in journal if item.file not in wanted), *moved])
        for item in moved:
            _move(root / item.file, target / item.file)
        if lines:
            write_manifest(root, [line for line in lines if line.file not in wanted])
    return tuple(sorted(wanted))


def restore(root: Path, target: Path) -> Restored:
    """Move back what `quarantine` moved, with its lines of the manifest; return the files.

    Raises DatasetError, before anything moves, if the folder is no quarantine of this set, or a file of the same name
    is in the set again.
    """
    with DatasetLock(root):
        moved = _journal(target, root)
        if not moved:
            raise DatasetError(f"{target}: nothing was moved there from {root}", hint="name the folder of --quarantine")
        for item in moved:
            if (root / item.file).exists() and (target / item.file).exists():
                raise DatasetError(f"{root / item.file}: another file of this name exists", hint="rename it first")
        back = [item.file for item in moved if (target / item.file).exists()]
        for file in back:
            _move(target / file, root / file)
        _put_lines_back(root, moved)
        (target / JOURNAL_NAME).unlink()
    return Restored(folder=root, quarantine=target, files=tuple(back))


class DatasetLock:
    """The set's lock, which capture and import take, too."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = FileLock(root / ".lock")

    def __enter__(self) -> None:
        if not self._lock.acquire():
            raise DatasetError(f"{self._root}: another process is writing into it", hint="wait until it has finished")

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def _moved(file: str, issues: Sequence[str], lines: Sequence[Sample], places: dict[str, int]) -> _Moved:
    place = places.get(file, -1)
    line = lines[place].to_line() if place >= 0 else ""
    return _Moved(file=file, issues=tuple(dict.fromkeys(issues)), line=line, place=place)


def _put_lines_back(root: Path, moved: Sequence[_Moved]) -> None:
    """Write the manifest with the lines that it had, each in its old place."""
    lines = read_manifest(root)
    present = {line.file for line in lines}
    for item in sorted(moved, key=lambda item: item.place):
        if item.line and item.file not in present:
            lines.insert(item.place, Sample.from_line(item.line.encode(), f"{root / MANIFEST_NAME}: {item.file}"))
    if lines:
        write_manifest(root, lines)


def _move(source: Path, target: Path) -> None:
    """Move a file; into another file system by a copy that is whole before the original goes."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            source.replace(target)
        except OSError:
            copy_file(source, target)
            source.unlink()
    except OSError as error:
        raise DatasetError(
            f"{error.filename or target}: cannot be moved: {error.strerror}",
            hint="free disk space or fix the folder's permissions, then repeat the command",
        ) from error


def _write_journal(target: Path, root: Path, moved: Sequence[_Moved]) -> None:
    head = json.dumps({"data_set": str(root.resolve())}, ensure_ascii=False)
    lines = [json.dumps(asdict(item), ensure_ascii=False) for item in moved]
    try:
        write_atomically(target / JOURNAL_NAME, "".join(f"{line}\n" for line in (head, *lines)).encode("utf-8"))
    except OSError as error:
        raise DatasetError(f"{target}: cannot be written: {error.strerror}", hint="name a writable folder") from error


def _journal(target: Path, root: Path) -> list[_Moved]:
    """Return the moves to a folder so far, nothing if it is new. Raises DatasetError if it is another set's."""
    path = target / JOURNAL_NAME
    if not path.exists():
        if target.exists() and not target.is_dir():
            raise DatasetError(f"{target}: not a folder", hint="name a new folder")
        return []
    head, *lines = read_file(path, max_bytes=_MAX_BYTES).splitlines()
    owner = _object(head, f"{path}:1").text("data_set")
    if Path(owner) != root.resolve():
        raise DatasetError(f"{target}: expected what came from {root.resolve()}, got {owner}", hint="name a new folder")
    return [_read_line(line, f"{path}:{number}") for number, line in enumerate(lines, 2)]


def _read_line(line: bytes, where: str) -> _Moved:
    found = _object(line, where)
    file = PurePosixPath(found.text("file"))
    if file.is_absolute() or ".." in file.parts:
        raise found.wrong("file", "a path below the data set's folder")
    issues = found.values.get("issues")
    if not isinstance(issues, list) or not all(isinstance(issue, str) for issue in issues):
        raise found.wrong("issues", "a list of texts")
    return _Moved(
        file=str(file), issues=tuple(issues), line=found.text("line"), place=found.integer("place", -1, 1 << 40)
    )


def _object(line: bytes, where: str) -> JsonObject:
    values = parse_json(line, where, error=DatasetError, hint=_HINT)
    return JsonObject.of(values, where, error=DatasetError, hint=_HINT)
