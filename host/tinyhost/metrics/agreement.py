"""Agreement of two annotators about labels, beyond chance."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tinyhost.metrics.intervals import Z_95, Interval

__all__ = ["Agreement", "cohen_kappa"]


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Cohen's kappa of two annotators over the samples that both labelled."""

    n: int
    """samples"""
    agreed: int
    """samples with the same label from both"""
    kappa: float | None
    """1: perfect, 0: as by chance; null without samples, or if both used only one label"""
    interval: Interval | None
    """95 %, by the normal approximation of Cohen (1960), which is rough for few samples"""


def cohen_kappa(first: Sequence[str], second: Sequence[str]) -> Agreement:
    """Return the agreement of two annotators; the labels of one sample have the same index in both."""
    n = len(first)
    agreed = sum(one == other for one, other in zip(first, second, strict=True))
    if not n:
        return Agreement(n=0, agreed=0, kappa=None, interval=None)
    ones, others = Counter(first), Counter(second)
    by_chance = sum(ones[label] * others[label] for label in ones) / n**2
    if by_chance == 1.0:
        return Agreement(n=n, agreed=agreed, kappa=None, interval=None)
    share = agreed / n
    kappa = (share - by_chance) / (1 - by_chance)
    margin = Z_95 * math.sqrt(share * (1 - share) / n) / (1 - by_chance)
    return Agreement(
        n=n, agreed=agreed, kappa=kappa, interval=Interval(low=max(-1.0, kappa - margin), high=min(1.0, kappa + margin))
    )
