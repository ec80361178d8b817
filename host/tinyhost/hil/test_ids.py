"""Short names of tests, as in rig files."""

from __future__ import annotations

__all__ = ["short_id"]


def short_id(nodeid: str) -> str:
    """Return file::test of a pytest node id, without the folders."""
    file, separator, test = nodeid.partition("::")
    return file.rsplit("/", 1)[-1] + separator + test
