"""The goals of `compile --optimize`, and what a model costs with each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tinyhost.models.file import load_model_file

__all__ = ["GOALS", "Goal", "OptimizationCost", "optimization_costs"]


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What compile_tflite is told."""

    arena_bytes: int | None = None
    compact: bool = False
    winograd: bool | None = None


GOALS: Mapping[str, Goal] = {
    "speed": Goal(),
    "flash": Goal(compact=True, winograd=False),
    "arena": Goal(arena_bytes=0, winograd=False),
}
"""By name."""


@dataclass(frozen=True, kw_only=True)
class OptimizationCost:
    """A model compiled for one goal. How many instructions it takes, `bench --board m4` measures."""

    goal: str
    """of `compile --optimize`"""
    flash_bytes: int
    """of the model image"""
    arena_bytes: int


def optimization_costs(path: Path, labels: Sequence[str] = (), *, passes: bool = True) -> tuple[OptimizationCost, ...]:
    """Return what the model of a file costs with each goal; of an image, which is compiled already, nothing.

    Raises as load_model_file does.
    """
    costs = []
    for name, goal in GOALS.items():
        file = load_model_file(path, labels, passes=passes, **asdict(goal))
        if file.tflite is None:
            return ()
        summary = file.summary
        costs.append(OptimizationCost(goal=name, flash_bytes=summary.flash_bytes, arena_bytes=summary.arena_bytes))
    return tuple(costs)
