"""Fairness of a binary classifier: rates by group, the criteria of fairness, and thresholds by group.

Criteria have fairlearn's names and definitions; the five policies are those of the What-If Tool (Wexler et al., 2019).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tinyhost.metrics.intervals import Interval, wilson

__all__ = [
    "LEAST_OF_GROUP",
    "Criteria",
    "GroupRates",
    "Impossible",
    "Policy",
    "PolicyName",
    "criteria_of",
    "group_rates",
    "impossible",
    "policies",
]

LEAST_OF_GROUP = 30
"""minimum samples of each class for a group to be judged: its interval is then some 35 points wide"""

PolicyName = Literal["group_unaware", "group_thresholds", "demographic_parity", "equal_opportunity", "equal_accuracy"]
Rate = Callable[["GroupRates"], "float | None"]


@dataclass(frozen=True, kw_only=True)
class GroupRates:
    """A classifier's rates on one group; a rate without a denominator is null, intervals are Wilson's."""

    group: str
    n: int
    n_positive: int
    """number of positive samples"""
    judged: bool
    """whether there are enough of both classes to compare it with others"""
    selection_rate: float | None
    """share of samples predicted positive"""
    selection_rate_interval: Interval | None
    true_positive_rate: float | None
    true_positive_rate_interval: Interval | None
    false_positive_rate: float | None
    false_positive_rate_interval: Interval | None
    precision: float | None
    precision_interval: Interval | None
    accuracy: float | None
    accuracy_interval: Interval | None


@dataclass(frozen=True, kw_only=True)
class Criteria:
    """The largest difference between the judged groups, and the smallest ratio; null with fewer than two.

    Equal opportunity concerns the positive class alone, and judges each group with enough samples of it.
    """

    demographic_parity_difference: float | None
    demographic_parity_ratio: float | None
    equalized_odds_difference: float | None
    equalized_odds_ratio: float | None
    equal_opportunity_difference: float | None
    equal_opportunity_ratio: float | None
    predictive_parity_difference: float | None
    """difference of precision; fairlearn has no name for it"""
    accuracy_difference: float | None


@dataclass(frozen=True, kw_only=True)
class Impossible:
    """The rates of one group if it had the precision and true positive rate of all samples together."""

    group: str
    base_rate: float
    """share of its samples that are positive"""
    false_positive_rate: float
    """false positive rate it must then have: base / (1 - base) * (1 - precision) / precision * true positive rate"""


@dataclass(frozen=True, kw_only=True)
class Policy:
    """One policy for thresholds by group: the best thresholds under it on these samples, and their cost."""

    name: PolicyName
    thresholds: Mapping[str, float]
    """threshold by group; a score of at least this is positive"""
    accuracy: float
    criteria: Criteria


def group_rates(
    positive: NDArray[np.bool_], selected: NDArray[np.bool_], groups: Sequence[str]
) -> tuple[GroupRates, ...]:
    """Return the rates of each group, by name. positive, selected: (n,) true and predicted classes."""
    names = np.array(groups)
    return tuple(_rates(name, positive[names == name], selected[names == name]) for name in sorted(set(groups)))


def _rates(group: str, positive: NDArray[np.bool_], selected: NDArray[np.bool_]) -> GroupRates:
    n, n_positive, n_selected = len(positive), int(positive.sum()), int(selected.sum())
    hits, right = int((positive & selected).sum()), int((positive == selected).sum())
    counts = {
        "selection_rate": (n_selected, n),
        "true_positive_rate": (hits, n_positive),
        "false_positive_rate": (n_selected - hits, n - n_positive),
        "precision": (hits, n_selected),
        "accuracy": (right, n),
    }
    rates = {name: count / of if of else None for name, (count, of) in counts.items()}
    intervals = {f"{name}_interval": wilson(count, of) for name, (count, of) in counts.items()}
    judged = min(n_positive, n - n_positive) >= LEAST_OF_GROUP
    return GroupRates(group=group, n=n, n_positive=n_positive, judged=judged, **rates, **intervals)  # type: ignore[arg-type]


def criteria_of(rates: Sequence[GroupRates]) -> Criteria:
    """Return the differences between the judged groups, by fairlearn's method `between_groups`."""
    judged = [item for item in rates if item.judged]
    selection = _spread(judged, lambda item: item.selection_rate)
    hits = _spread(judged, lambda item: item.true_positive_rate)
    found = _spread([item for item in rates if item.n_positive >= LEAST_OF_GROUP], lambda item: item.true_positive_rate)
    false = _spread(judged, lambda item: item.false_positive_rate)
    both = (hits[0], false[0]), (hits[1], false[1])
    return Criteria(
        demographic_parity_difference=selection[0],
        demographic_parity_ratio=selection[1],
        equalized_odds_difference=_of(max, both[0]),
        equalized_odds_ratio=_of(min, both[1]),
        equal_opportunity_difference=found[0],
        equal_opportunity_ratio=found[1],
        predictive_parity_difference=_spread(judged, lambda item: item.precision)[0],
        accuracy_difference=_spread(judged, lambda item: item.accuracy)[0],
    )


def _of(choose: Callable[[list[float]], float], values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return choose(known) if len(known) == len(values) else None


def _spread(rates: Sequence[GroupRates], rate: Rate) -> tuple[float | None, float | None]:
    """Return the difference of largest and smallest, and the ratio of smallest to largest."""
    values = [value for item in rates if (value := rate(item)) is not None]
    if len(values) < 2:
        return None, None
    return max(values) - min(values), min(values) / max(values) if max(values) else None


def impossible(
    rates: Sequence[GroupRates], positive: NDArray[np.bool_], selected: NDArray[np.bool_]
) -> list[Impossible]:
    """Return the false positive rates that the judged groups must have if precision and true positive rate are equal.

    Where base rates differ they cannot be equal, too, unless nothing is ever wrong (Chouldechova 2017; Kleinberg,
    Mullainathan and Raghavan 2016).
    """
    whole = _rates("", positive, selected)
    if not whole.precision or whole.true_positive_rate is None:
        return []
    found = []
    for item in rates:
        if item.judged:
            base = item.n_positive / item.n
            odds = base / (1 - base) * (1 - whole.precision) / whole.precision
            found.append(
                Impossible(group=item.group, base_rate=base, false_positive_rate=odds * whole.true_positive_rate)
            )
    return found


def policies(
    scores: NDArray[np.float64], positive: NDArray[np.bool_], groups: Sequence[str], *, n_levels: int = 256
) -> tuple[Policy, ...]:
    """Return, for each of five policies, the thresholds of the judged groups with the best accuracy.

    scores: (n,) of the positive class, 0..1. A criterion holds if the groups are no further apart than the steps of
    their samples allow. Empty if fewer than two groups are judged.
    """
    names = np.array(groups)
    judged = [item.group for item in group_rates(positive, positive, groups) if item.judged]
    if len(judged) < 2:
        return ()
    levels = np.linspace(0.0, 1.0, n_levels + 1)
    curves = {name: _Curve.of(scores[names == name], positive[names == name], levels) for name in judged}
    inside = np.isin(names, judged)
    chosen: dict[PolicyName, list[int]] = {
        "group_unaware": _together(curves),
        "group_thresholds": [int(np.argmax(curve.n_right)) for curve in curves.values()],
        "demographic_parity": _alike(curves, lambda curve: curve.selection),
        "equal_opportunity": _alike(curves, lambda curve: curve.hits),
        "equal_accuracy": _alike(curves, lambda curve: curve.n_right / curve.n),
    }
    made = []
    for policy, places in chosen.items():
        thresholds = {name: float(levels[place]) for name, place in zip(judged, places, strict=True)}
        limit = np.array([thresholds.get(name, 2.0) for name in names])
        selected = scores >= limit
        rates = group_rates(positive[inside], selected[inside], list(names[inside]))
        accuracy = float((selected[inside] == positive[inside]).mean())
        made.append(Policy(name=policy, thresholds=thresholds, accuracy=accuracy, criteria=criteria_of(rates)))
    return tuple(made)


@dataclass(frozen=True, kw_only=True)
class _Curve:
    """The rates of one group over all thresholds."""

    n: int
    n_right: NDArray[np.int64]
    selection: NDArray[np.float64]
    hits: NDArray[np.float64]

    @classmethod
    def of(cls, scores: NDArray[np.float64], positive: NDArray[np.bool_], levels: NDArray[np.float64]) -> _Curve:
        selected = scores[None, :] >= levels[:, None]  # (n_levels, n)
        return cls(
            n=len(scores),
            n_right=(selected == positive).sum(axis=1),
            selection=selected.mean(axis=1),
            hits=selected[:, positive].mean(axis=1),
        )


def _together(curves: Mapping[str, _Curve]) -> list[int]:
    right = np.sum([curve.n_right for curve in curves.values()], axis=0)
    return [int(np.argmax(right))] * len(curves)


def _alike(curves: Mapping[str, _Curve], rate: Callable[[_Curve], NDArray[np.float64]]) -> list[int]:
    """Return each group's threshold such that a rate is nearly equal in all, at the value with the best accuracy.

    Each group comes as near to the value as it can; of equally near thresholds the more accurate one is taken.
    """
    values = np.linspace(0.0, 1.0, 201)
    best, found = -1.0, [0] * len(curves)
    for value in values:
        places, n_right, apart = [], 0, []
        for curve in curves.values():
            away = np.abs(rate(curve) - value)
            near = np.flatnonzero(away <= away.min() + 1e-12)
            place = int(near[np.argmax(curve.n_right[near])])
            places.append(place)
            n_right += int(curve.n_right[place])
            apart.append(float(rate(curve)[place]))
        allowed = max(1.0 / curve.n for curve in curves.values()) + 0.01
        if n_right > best and max(apart) - min(apart) <= allowed:
            best, found = n_right, places
    return found
