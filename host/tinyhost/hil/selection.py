"""Selection of a board's tests: by its allow list, or by a file."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tinyhost.hil.test_ids import short_id
from tinyhost.system.json_reading import parse_json
from tinyhost.system.reading import read_file

__all__ = ["is_allowed", "named_tests"]

_MAX_BYTES = 1 << 24


def is_allowed(item: pytest.Item, allow: Sequence[str]) -> bool:
    """Return True if an entry is a glob on the test's file::test or on its file, or names one of its markers."""
    name = short_id(item.nodeid)
    file = name.partition("::")[0]
    markers = {marker.name for marker in item.iter_markers()}
    return any(entry in markers or fnmatchcase(name, entry) or fnmatchcase(file, entry) for entry in allow)


def named_tests(path: Path) -> frozenset[str]:
    """Return pytest's ids in a JSON list. Raises ConfigError for another file."""
    content = read_file(path, max_bytes=_MAX_BYTES)
    return frozenset(map(str, parse_json(content, str(path), hint="a list of pytest's ids is expected")))
