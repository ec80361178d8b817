"""Folders filled by users: visible files, without those left by an operating system or another program."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePath

__all__ = ["files_below", "is_hidden", "is_side_file", "visible"]

_LEFT_BY_SYSTEMS = frozenset(
    {"__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "$recycle.bin", "system volume information"}
    | {"@eadir", "lost+found"}
)
_STREAMS = (":zone.identifier", "\uf03azone.identifier")
"""mark of files downloaded on Windows and copied to Linux"""
_SIDE_SUFFIXES = frozenset(
    {".txt", ".md", ".rst", ".json", ".jsonl", ".csv", ".tsv", ".xml", ".yaml", ".yml", ".toml", ".html", ".labels"}
    | {".log", ".license", ".lock", ".srt", ".vtt", ".lab", ".textgrid", ".aae", ".xmp"}
)
_SIDE_NAMES = frozenset({"readme", "license", "licence", "copying", "notice", "authors", "changelog", "checksums"})


def is_hidden(name: str) -> bool:
    """Return whether a file or folder of this name is hidden, or belongs to an operating system.

    Macs leave `._a.png` beside `a.png`, `.DS_Store` and `__MACOSX`, Windows `Thumbs.db`, `desktop.ini` and
    `a.png:Zone.Identifier`.
    """
    folded = name.casefold()
    return folded.startswith(".") or folded in _LEFT_BY_SYSTEMS or folded.endswith(_STREAMS)


def is_side_file(name: str) -> bool:
    """Return whether a file of this name is text about samples rather than a sample: a readme, a list, an editor's
    backup.
    """
    path = PurePath(name.casefold())
    return path.suffix in _SIDE_SUFFIXES or path.name in _SIDE_NAMES


def visible(folder: Path) -> list[Path]:
    """Return the content of a folder, by name, without hidden entries. Raises OSError if it cannot be read."""
    return sorted(path for path in folder.iterdir() if not is_hidden(path.name))


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder and below it, without hidden files and folders; in no order.

    Links to folders are not followed: they may be circular. Raises OSError for a folder that cannot be read, which must
    not be skipped silently.
    """

    def refuse(error: OSError) -> None:
        raise error

    for parent, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not is_hidden(name)]
        yield from (Path(parent, name) for name in files if not is_hidden(name))
