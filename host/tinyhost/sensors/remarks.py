"""Remarks about what a sensor gives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

__all__ = ["Level", "Remark", "worst_first"]

Level = Literal["good", "look", "bad"]
"""`bad`: the sensor is of no use like this; `look`: it may be meant so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Remark:
    """One thing that was noticed."""

    level: Level
    """`bad`: the sensor's data are unusable; `look`: it may be intended; `good`"""
    text: str
    """the finding, for people"""
    action: str = ""
    """what to do about it"""
    issue: str = ""
    """the name of the issue in `tinyhost data check`; empty if it is about the sensor"""


def worst_first(remarks: Iterable[Remark]) -> list[Remark]:
    """Return the remarks, the worst first; those that are alike stay in their order."""
    levels = get_args(Level)
    return sorted(remarks, key=lambda remark: -levels.index(remark.level))
