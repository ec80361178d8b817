"""What there is to say about what a sensor sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Level", "Remark"]

Level = Literal["good", "look", "bad"]
"""`bad`: the sensor is of no use like this; `look`: it may be meant so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Remark:
    """One thing that was noticed."""

    level: Level
    text: str
    action: str = ""
    """what to do about it"""
