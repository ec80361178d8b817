"""JSON documents of `tinyhost inspect`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tinyhost.compiler import BufferReport
from tinyhost.models.fits import Fit, operator_groups
from tinyhost.models.optimization import OptimizationCost
from tinyhost.models.summary import ModelDocument, ModelSummary, live_bytes, model_document
from tinyhost.models.weights import LayerWeights

__all__ = ["InspectDocument", "InspectedOperator"]


@dataclass(frozen=True, kw_only=True)
class InspectedOperator:
    """The cost of one operator."""

    index: int
    name: str
    """as in TensorFlow Lite"""
    output_shape: tuple[int, ...]
    """outermost first"""
    macs: int
    """multiply-accumulates"""
    weight_bytes: int
    arena_bytes: int
    """how far the arena is filled while it runs"""


@dataclass(frozen=True, kw_only=True)
class InspectDocument:
    """`tinyhost inspect FILE --json FILE`. Needs no board."""

    schema: Literal["tinyhost.inspect/1"] = "tinyhost.inspect/1"
    model: ModelDocument
    """what the file holds"""
    fits: Mapping[str, Fit]
    """by type of board"""
    operator_groups: tuple[str, ...]
    """that firmware must have to run it: `core`, `extended`, ..."""
    operators: tuple[InspectedOperator, ...]
    """in the order of execution"""
    arena: tuple[BufferReport, ...]
    """tensors in the arena, and scratch memory of operators"""
    optimizations: tuple[OptimizationCost, ...]
    """what `compile --optimize` can make of it; none of an image, which is compiled already"""
    weights: tuple[LayerWeights, ...] | None
    """of each layer, as the file has them; null without `--weights`"""

    @classmethod
    def of(
        cls,
        model: ModelSummary,
        fit: Fit,
        optimizations: tuple[OptimizationCost, ...],
        weights: tuple[LayerWeights, ...] | None,
    ) -> InspectDocument:
        """Return the document of a model, of how it fits a board, of its optimizations and its weights."""
        operators = tuple(
            InspectedOperator(
                index=item.index,
                name=item.code,
                output_shape=item.output_shape,
                macs=item.macs,
                weight_bytes=item.weight_bytes,
                arena_bytes=live_bytes(model, item.index),
            )
            for item in model.operators
        )
        return cls(
            model=model_document(model),
            fits={fit.board: fit},
            operator_groups=operator_groups(model.operator_codes),
            operators=operators,
            arena=model.buffers,
            optimizations=optimizations,
            weights=weights,
        )
