"""One line of the doctor's report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Check", "State"]

State = Literal["ok", "missing", "warning"]


@dataclass(frozen=True, kw_only=True)
class Check:
    """What was looked at, what was found, and the exact fix."""

    name: str
    needed_for: str
    """the tool itself, a board, or a command"""
    state: State
    detail: str
    fix: str = ""

    @property
    def blocks(self) -> bool:
        """Whether the virtual boards do not work without it."""
        return self.state == "missing" and self.needed_for in ("tinyhost", "native", "m4")
