"""The goals of `compile --optimize`, and what a model costs with each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tinyhost.compiler import ModelImage
from tinyhost.compiler.image_format import OperatorCode
from tinyhost.compiler.lower.winograd import instructions_saved
from tinyhost.models.file import load_model_file

__all__ = ["GOALS", "Goal", "OptimizationCost", "optimization_costs"]


@dataclass(frozen=True, kw_only=True)
class Goal:
    """The optimization goal for compile_tflite."""

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
    saved_instructions: int
    """that WINOGRAD_CONV_2D saves, as the compiler estimates; what else differs is not estimated"""


def optimization_costs(path: Path, labels: Sequence[str] = (), *, passes: bool = True) -> tuple[OptimizationCost, ...]:
    """Return the costs of a file's model with each goal; empty for an image, which is already compiled.

    Raises as load_model_file does.
    """
    costs = []
    for name, goal in GOALS.items():
        file = load_model_file(path, labels, passes=passes, **asdict(goal))
        if file.tflite is None:
            return ()
        summary = file.summary
        costs.append(
            OptimizationCost(
                goal=name,
                flash_bytes=summary.flash_bytes,
                arena_bytes=summary.arena_bytes,
                saved_instructions=_saved_instructions(file.parsed),
            )
        )
    return tuple(costs)


def _saved_instructions(image: ModelImage) -> int:
    saved = 0
    for operator in image.operators:
        if operator.code == OperatorCode.WINOGRAD_CONV_2D:
            n, height, width, n_filters = image.tensor_info(operator.output).shape
            depth = image.tensor_info(operator.inputs[0]).shape[3]
            saved += n * instructions_saved((height, width), depth, n_filters)
    return saved
