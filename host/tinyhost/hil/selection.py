"""Which tests a board's allow list lets through."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

import pytest

__all__ = ["is_allowed", "short_id"]


def short_id(nodeid: str) -> str:
    """Return file::test of a pytest node id, without the folders."""
    file, separator, test = nodeid.partition("::")
    return file.rsplit("/", 1)[-1] + separator + test


def is_allowed(item: pytest.Item, allow: Sequence[str]) -> bool:
    """Return True if an entry is a glob on the test's file::test or on its file, or names one of its markers."""
    name = short_id(item.nodeid)
    file = name.partition("::")[0]
    markers = {marker.name for marker in item.iter_markers()}
    return any(entry in markers or fnmatchcase(name, entry) or fnmatchcase(file, entry) for entry in allow)
