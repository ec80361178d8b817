"""Figures by group equal fairlearn's; thresholds by group follow their policy."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.metrics.fairness import LEAST_OF_GROUP, Policy, criteria_of, group_rates, impossible, policies

from tests.lazily import lazily

fairlearn = lazily("fairlearn.metrics")
sklearn = lazily("sklearn.metrics")

N = 600


def made(seed: int, n_groups: int = 3) -> tuple[NDArray[np.bool_], NDArray[np.float64], list[str]]:
    """Return truth, scores that are better for some groups, and groups."""
    rng = np.random.default_rng(seed)
    place = rng.integers(0, n_groups, N)
    positive = rng.random(N) < 0.3 + 0.2 * place
    scores = np.clip(0.5 + (positive - 0.5) * 0.4 + rng.normal(0, 0.1 + 0.1 * place, N), 0, 1)
    return positive, scores, [f"g{index}" for index in place]


@pytest.mark.parametrize("seed", range(5))
def test_rates_and_criteria_are_fairlearns(seed: int) -> None:
    positive, scores, groups = made(seed)
    selected = scores >= 0.5
    rates = group_rates(positive, selected, groups)
    names = ("selection_rate", "true_positive_rate", "false_positive_rate")
    frame = fairlearn.MetricFrame(
        metrics={name: getattr(fairlearn, name) for name in names}
        | {"accuracy": sklearn.accuracy_score, "precision": sklearn.precision_score, "n": fairlearn.count},
        y_true=positive,
        y_pred=selected,
        sensitive_features=groups,
    )
    for item in rates:
        expected = frame.by_group.loc[item.group]
        for name in expected.index:
            assert getattr(item, name) == pytest.approx(expected[name], abs=1e-12)
    found = criteria_of(rates)
    for criterion in ("demographic_parity", "equalized_odds", "equal_opportunity"):
        for kind in ("difference", "ratio"):
            expected = getattr(fairlearn, f"{criterion}_{kind}")(positive, selected, sensitive_features=groups)
            assert getattr(found, f"{criterion}_{kind}") == pytest.approx(expected, abs=1e-12)
    assert found.accuracy_difference == pytest.approx(frame.difference()["accuracy"], abs=1e-12)
    assert found.predictive_parity_difference == pytest.approx(frame.difference()["precision"], abs=1e-12)


def test_a_small_group_is_shown_and_not_judged() -> None:
    positive, scores, groups = made(1, 2)
    few = LEAST_OF_GROUP - 1
    positive = np.concatenate([positive, np.ones(few, np.bool_), np.zeros(200, np.bool_)])
    scores = np.concatenate([scores, np.zeros(few + 200)])
    names = [*groups, *["few"] * (few + 200)]
    rates = group_rates(positive, scores >= 0.5, names)
    assert [(item.group, item.judged) for item in rates] == [("few", False), ("g0", True), ("g1", True)]
    assert criteria_of(rates) == criteria_of([item for item in rates if item.group != "few"])
    assert all(set(policy.thresholds) == {"g0", "g1"} for policy in policies(scores, positive, names))
    assert criteria_of(rates[:2]).demographic_parity_difference is None


def test_groups_that_only_the_wanted_class_has_are_judged_by_equal_opportunity() -> None:
    """Wake Vision says age and gender of people, and of pictures without any nothing."""
    rng = np.random.default_rng(3)
    positive = np.repeat([True, True, False], 40)
    selected, groups = rng.random(120) < 0.7, [*["older"] * 40, *["young"] * 40, *["not said"] * 40]
    found = criteria_of(group_rates(positive, selected, groups))
    people = selected[:80].astype(int)
    expected = fairlearn.equal_opportunity_difference(np.ones(80, int), people, sensitive_features=groups[:80])
    assert found.equal_opportunity_difference == pytest.approx(expected, abs=1e-12)
    assert found.demographic_parity_difference is None
    assert found.equalized_odds_difference is None


@pytest.mark.parametrize("seed", range(4))
def test_each_policy_is_the_best_of_its_kind(seed: int) -> None:
    positive, scores, groups = made(seed)
    made_of: dict[str, Policy] = {policy.name: policy for policy in policies(scores, positive, groups)}
    unaware, free = made_of["group_unaware"], made_of["group_thresholds"]
    levels = np.linspace(0, 1, 257)
    assert unaware.accuracy == pytest.approx(max(((scores >= level) == positive).mean() for level in levels))
    names = np.array(groups)
    best = sum(
        max(((scores[names == name] >= level) == positive[names == name]).sum() for level in levels)
        for name in sorted(set(groups))
    )
    assert free.accuracy == pytest.approx(best / N)
    assert len(set(unaware.thresholds.values())) == 1
    for policy, difference in (
        ("demographic_parity", "demographic_parity_difference"),
        ("equal_opportunity", "equal_opportunity_difference"),
        ("equal_accuracy", "accuracy_difference"),
    ):
        assert getattr(made_of[policy].criteria, difference) <= 0.025
        assert made_of[policy].accuracy <= free.accuracy


def test_equal_precision_and_recall_force_other_false_alarms() -> None:
    positive, scores, groups = made(2)
    selected = scores >= 0.5
    rates = group_rates(positive, selected, groups)
    precision, recall = sklearn.precision_score(positive, selected), sklearn.recall_score(positive, selected)
    for item in impossible(rates, positive, selected):
        n_positive = item.base_rate
        hits = recall * n_positive
        false = item.false_positive_rate * (1 - n_positive)
        assert hits / (hits + false) == pytest.approx(precision)
    assert len({round(item.false_positive_rate, 3) for item in impossible(rates, positive, selected)}) == 3
