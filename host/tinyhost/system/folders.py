"""Folders that people fill: which of their files are meant, and which an operating system or another program left."""

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
"""of files that came from the internet to Windows, and from there to Linux"""
_SIDE_SUFFIXES = frozenset(
    {".txt", ".md", ".rst", ".json", ".jsonl", ".csv", ".tsv", ".xml", ".yaml", ".yml", ".toml", ".html", ".labels"}
    | {".log", ".license", ".lock", ".srt", ".vtt", ".lab", ".textgrid", ".aae", ".xmp"}
)
_SIDE_NAMES = frozenset({"readme", "license", "licence", "copying", "notice", "authors", "changelog", "checksums"})


def is_hidden(name: str) -> bool:
    """Return whether a file or folder of this name is hidden, or made by a system that keeps its own files there.

    Macs leave `._a.png` beside `a.png`, `.DS_Store` and `__MACOSX`, Windows `Thumbs.db`, `desktop.ini` and
    `a.png:Zone.Identifier`.
    """
    folded = name.casefold()
    return folded.startswith(".") or folded in _LEFT_BY_SYSTEMS or folded.endswith(_STREAMS)


def is_side_file(name: str) -> bool:
    """Return whether a file of this name is text about samples, and none: a readme, a list, an editor's notes."""
    path = PurePath(name.casefold())
    return path.suffix in _SIDE_SUFFIXES or path.name in _SIDE_NAMES


def visible(folder: Path) -> list[Path]:
    """Return what is in a folder, by name, without what is hidden. Raises OSError if it cannot be read."""
    return sorted(path for path in folder.iterdir() if not is_hidden(path.name))


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder and in those below it, without what is hidden or in a hidden folder; in no order.

    Folders that are links are not followed: they may lead round in a circle. Raises OSError for a folder that cannot
    be read: what is in it is not left out in silence.
    """

    def refuse(error: OSError) -> None:
        raise error

    for parent, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not is_hidden(name)]
        yield from (Path(parent, name) for name in files if not is_hidden(name))
