"""Models that nobody may push any more, because what they learnt from was erased.

Each is named by its SHA-256 in `withdrawn.json` beside it, and in the list that this user's state folder has: a copy
elsewhere is known by its content. Models that ship with tinyhost have learnt nothing of a user's data, wherever they
lie.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

from tinyhost.errors import ModelError
from tinyhost.system.durable import write_atomically
from tinyhost.system.json_reading import read_json
from tinyhost.system.user_folders import state_folder

__all__ = ["WITHDRAWN_NAME", "check_not_withdrawn", "withdraw"]

WITHDRAWN_NAME = "withdrawn.json"
_MAX_BYTES = 1 << 26
_HINT = "it is written by tinyhost data erase"


def check_not_withdrawn(path: Path, sha256: Collection[str]) -> None:
    """Raise ModelError if a model is withdrawn. path: its file; sha256: of its contents."""
    for listed in (path.parent / WITHDRAWN_NAME, state_folder() / WITHDRAWN_NAME):
        if _read(listed) & set(sha256):
            raise ModelError(
                f"{path}: it was trained on samples that were erased or whose retention period has ended ({listed})",
                hint="train it again on the remaining data",
            )


def withdraw(folder: Path, sha256: Collection[str]) -> None:
    """Add models of a folder to its list, and to the user's. Raises OSError."""
    for where in (folder, state_folder()):
        known = _read(where / WITHDRAWN_NAME)
        if not known >= set(sha256):
            where.mkdir(parents=True, exist_ok=True)
            values = {"schema": "tinyhost.withdrawn/1", "sha256": sorted(known | set(sha256))}
            write_atomically(where / WITHDRAWN_NAME, (json.dumps(values, indent=1) + "\n").encode())


def _read(path: Path) -> set[str]:
    if not path.exists():
        return set()
    found = read_json(path, max_bytes=_MAX_BYTES, error=ModelError, hint=_HINT)
    listed = found.values.get("sha256")
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise found.wrong("sha256", "a list of texts")
    return set(listed)
