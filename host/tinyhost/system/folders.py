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
_SIDE_SUFFIXES = frozenset(
    {".txt", ".md", ".rst", ".json", ".jsonl", ".csv", ".tsv", ".xml", ".yaml", ".yml", ".toml", ".html", ".labels"}
    | {".log", ".license", ".lock"}
)
_SIDE_NAMES = frozenset({"readme", "license", "licence", "copying", "notice", "authors", "changelog", "checksums"})


def is_hidden(name: str) -> bool:
    """Return whether a file or folder of this name is hidden, or made by a system that keeps its own files there.

    Macs leave `._a.png` beside `a.png`, `.DS_Store` and `__MACOSX`, Windows `Thumbs.db` and `desktop.ini`.
    """
    return name.startswith(".") or name.casefold() in _LEFT_BY_SYSTEMS


def is_side_file(name: str) -> bool:
    """Return whether a file of this name is text about samples, and none: a readme, a licence, a list."""
    path = PurePath(name.casefold())
    return path.suffix in _SIDE_SUFFIXES or path.name in _SIDE_NAMES


def visible(folder: Path) -> list[Path]:
    """Return what is in a folder, by name, without what is hidden. Raises OSError if it cannot be read."""
    return sorted(path for path in folder.iterdir() if not is_hidden(path.name))


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder and in those below it, without what is hidden or in a hidden folder; in no order.

    Folders that are links are not followed: they may lead round in a circle.
    """
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not is_hidden(name)]
        yield from (Path(parent, name) for name in files if not is_hidden(name))
