"""Confidence intervals of 95 % for counted figures, and a paired test."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Z_95", "Interval", "PairedTest", "mcnemar", "poisson_rate", "share_interval", "wilson"]

_TAIL = 0.025
"""probability on either side of an interval"""
Z_95 = 1.959963984540054
"""quantile of the normal distribution, exceeded with that probability"""
_NEGLIGIBLE = 1e-18


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A confidence interval of 95 %."""

    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class PairedTest:
    """Comparison of two models on the same samples: how often only one of them was right, and McNemar's test."""

    n_only_first: int
    """samples that only the first model classifies correctly"""
    n_only_second: int
    """samples that only the second model classifies correctly"""
    p_value: float
    """McNemar's exact test: the probability of counts at least this uneven if both models are equally accurate"""


def wilson(n_hits: int, n: int) -> Interval | None:
    """Return the interval of a proportion n_hits / n; None if n is 0.

    Wilson's score interval (1927), which stays within 0..1 and holds at 0 and at n hits.
    """
    if n == 0:
        return None
    share, spread = n_hits / n, Z_95 * Z_95 / n
    middle = share + spread / 2.0
    half = math.sqrt(spread * (share * (1.0 - share) + spread / 4.0))
    low, high = (middle - half) / (1.0 + spread), (middle + half) / (1.0 + spread)
    return Interval(low=0.0 if n_hits == 0 else low, high=1.0 if n_hits == n else high)


def share_interval(share: float | None, n: int) -> Interval | None:
    """Return the interval of a share of n; None without samples."""
    return None if share is None else wilson(round(share * n), n)


def poisson_rate(n_events: int, exposure: float) -> Interval | None:
    """Return the exact interval of a rate, events per unit of exposure; None without exposure.

    Garwood, 1936. Of no event it is 0..3.69 / exposure.
    """
    if exposure <= 0.0:
        return None
    reach = n_events + 10.0 * math.sqrt(n_events + 1.0) + 10.0
    high = _root(lambda mean: _below(n_events, mean) - _TAIL, n_events, reach)
    low = _root(lambda mean: _TAIL - _above(n_events, mean), 0.0, float(n_events)) if n_events else 0.0
    return Interval(low=low / exposure, high=high / exposure)


def mcnemar(first: Sequence[bool], second: Sequence[bool]) -> PairedTest:
    """Return the comparison of two models from whether each was right on the same samples, in the same order."""
    n_first = sum(a and not b for a, b in zip(first, second, strict=True))
    n_second = sum(b and not a for a, b in zip(first, second, strict=True))
    n, least = n_first + n_second, min(n_first, n_second)
    log_term = math.lgamma(n + 1) - math.lgamma(least + 1) - math.lgamma(n - least + 1) - n * math.log(2.0)
    tail = _series(math.exp(log_term), lambda place: (least - place) / (n - least + place + 1.0))
    return PairedTest(n_only_first=n_first, n_only_second=n_second, p_value=min(1.0, 2.0 * tail))


def _below(n_events: int, mean: float) -> float:
    """Return the probability of at most n_events, for a mean above n_events."""
    return _series(_poisson(n_events, mean), lambda place: (n_events - place) / mean)


def _above(n_events: int, mean: float) -> float:
    """Return the probability of at least n_events, for a mean below n_events."""
    return _series(_poisson(n_events, mean), lambda place: mean / (n_events + place + 1.0))


def _poisson(n_events: int, mean: float) -> float:
    return math.exp(n_events * math.log(mean) - mean - math.lgamma(n_events + 1)) if mean > 0.0 else 0.0


def _series(term: float, ratio: Callable[[int], float]) -> float:
    """Return the sum of terms, each the previous one times its ratio, which falls below 1."""
    total, place = 0.0, 0
    while term > _NEGLIGIBLE * total and term > 0.0:
        total += term
        term *= ratio(place)
        place += 1
    return total


def _root(falling: Callable[[float], float], low: float, high: float) -> float:
    """Return the root of a falling function, by bisection."""
    for _ in range(200):
        middle = (low + high) / 2.0
        if middle in (low, high):
            break
        low, high = (middle, high) if falling(middle) > 0.0 else (low, middle)
    return (low + high) / 2.0
