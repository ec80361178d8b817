"""Costs of an inference by kind of operator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinyhost.bench.result import OperatorTicks

__all__ = ["OperatorTotal", "total_by_operator"]


@dataclass(frozen=True, kw_only=True)
class OperatorTotal:
    """The sum over all operators of one kind."""

    name: str
    """as in TensorFlow Lite"""
    n: int
    """number of operators"""
    macs: int
    """multiply-accumulates that are left after the compiler's passes"""
    ticks: int
    share: float
    """of the sum over all operators, 0..1"""
    ticks_per_mac: float | None
    """None without multiply-accumulates"""


def total_by_operator(operators: Sequence[OperatorTicks]) -> tuple[OperatorTotal, ...]:
    """Return the operators' costs summed by name, the most expensive first."""
    total = sum(item.ticks for item in operators) or 1
    kinds = []
    for name in {item.name for item in operators}:
        items = [item for item in operators if item.name == name]
        macs, ticks = sum(item.macs for item in items), sum(item.ticks for item in items)
        kinds.append(
            OperatorTotal(
                name=name,
                n=len(items),
                macs=macs,
                ticks=ticks,
                share=ticks / total,
                ticks_per_mac=ticks / macs if macs else None,
            )
        )
    return tuple(sorted(kinds, key=lambda kind: (-kind.ticks, kind.name)))
