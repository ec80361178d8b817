"""Remarks on a sensor's data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

__all__ = ["Level", "Remark", "worst_first"]

Level = Literal["good", "look", "bad"]
"""`bad`: the sensor's data are unusable; `look`: it may be intended."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Remark:
    """One remark."""

    level: Level
    """`bad`: the sensor's data are unusable; `look`: it may be intended; `good`"""
    text: str
    """the finding, in words"""
    action: str = ""
    """what to do about it"""
    issue: str = ""
    """the name of the issue in `tinyhost data check`; empty if it is about the sensor"""


def worst_first(remarks: Iterable[Remark]) -> list[Remark]:
    """Return the remarks, the worst first, in a stable order."""
    levels = get_args(Level)
    return sorted(remarks, key=lambda remark: -levels.index(remark.level))
