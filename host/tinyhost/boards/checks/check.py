"""One check of this computer, and the document of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["Check", "DoctorDocument", "State"]

State = Literal["ok", "missing", "warning"]


@dataclass(frozen=True, kw_only=True)
class Check:
    """The subject of a check, its result, and the exact fix."""

    name: str
    needed_for: str
    """`tinyhost`, a type of board, or a command"""
    state: State
    detail: str
    """the result"""
    fix: str = ""
    """the exact fix; empty if nothing is wrong"""

    @property
    def blocks(self) -> bool:
        """Whether the virtual boards do not work without it."""
        return self.state == "missing" and self.needed_for in ("tinyhost", "native", "m4")


@dataclass(frozen=True, kw_only=True)
class DoctorDocument:
    """`tinyhost doctor --json FILE`. Exits 1 if something is missing that the virtual boards need."""

    schema: Literal["tinyhost.doctor/1"] = "tinyhost.doctor/1"
    ok: bool
    """whether tinyhost and the virtual boards have everything that they need"""
    checks: tuple[Check, ...]

    @classmethod
    def of(cls, checks: Sequence[Check]) -> DoctorDocument:
        """Return the document of some checks."""
        return cls(ok=not any(check.blocks for check in checks), checks=tuple(checks))
