"""Numbers in sentences."""

from __future__ import annotations

__all__ = ["counted"]

_PLURALS = {"series": "series", "inference": "inferences", "mismatch": "mismatches", "class": "classes"}


def counted(n: int, what: str) -> str:
    """Return a number with a noun: "1 file", "1,000 files", "2 classes"."""
    return f"{n:,} {what if n == 1 else _PLURALS.get(what, f'{what}s')}"
