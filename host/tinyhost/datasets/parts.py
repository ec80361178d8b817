"""The lists of a data set's files for validation and testing.

Names and form are those of Speech Commands: validation_list.txt and testing_list.txt, a line `label/file` for each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from tinyhost.audio.speakers import PARTS, Part
from tinyhost.errors import DatasetError
from tinyhost.protocol.labels import normal_label
from tinyhost.system.durable import write_atomically
from tinyhost.system.reading import read_text

__all__ = ["LIST_FILES", "counts_of", "has_lists", "listed_name", "read_lists", "write_lists"]

LIST_FILES: dict[Part, str] = {"validation": "validation_list.txt", "testing": "testing_list.txt"}
_MAX_BYTES = 1 << 27


def listed_name(path: Path) -> str:
    """Return label/file of a file in a data set, composed (NFC), as in its lists."""
    return normal_label(f"{path.parent.name}/{path.name}")


def counts_of(parts: Iterable[Part]) -> dict[Part, int]:
    """Return the number of samples in each part. parts: of each sample."""
    found = Counter(parts)
    return {part: found[part] for part in PARTS}


def has_lists(root: Path) -> bool:
    """Return whether a data set has lists of its own."""
    return any((root / name).exists() for name in LIST_FILES.values())


def read_lists(root: Path) -> dict[str, Part]:
    """Return the part of each `label/file` that a list names; all others are for training.

    Raises DatasetError if a list cannot be read, or a file is in both.
    """
    listed: dict[str, Part] = {}
    for part, name in LIST_FILES.items():
        if not (root / name).exists():
            continue
        for line in normal_label(read_text(root / name, max_bytes=_MAX_BYTES)).splitlines():
            file = line.strip().replace("\\", "/").removeprefix("./")
            if listed.setdefault(file, part) != part:
                raise DatasetError(
                    f"{root / name}: {file[:80]} is in {LIST_FILES[listed[file]]} too",
                    hint="keep it in only one of them, or write both again: tinyhost data split",
                )
    listed.pop("", None)
    return listed


def write_lists(root: Path, parts: Mapping[str, Part]) -> None:
    """Write both lists of a data set, in the order of names. parts: of each `label/file`."""
    for part, name in LIST_FILES.items():
        files = sorted(file for file, own in parts.items() if own == part)
        write_atomically(root / name, "".join(f"{file}\n" for file in files).encode("utf-8"))
