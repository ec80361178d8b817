"""Thresholds from normal scores alone and from labelled ones."""

from __future__ import annotations

import numpy as np
import pytest
from tinyhost.errors import DatasetError
from tinyhost.metrics.threshold import fit_tail, operating_point, roc_curve, sustained


def test_sustained_scores_are_the_least_of_windows_in_a_row_of_one_piece() -> None:
    scores = np.array([1.0, 5.0, 4.0, 9.0, 8.0, 7.0])
    pieces = np.array([0, 0, 0, 1, 1, 1])
    assert sustained(scores, pieces, 2).tolist() == [1.0, 4.0, 8.0, 7.0]
    assert sustained(scores, pieces, 4).tolist() == []


def test_an_exponential_tail_is_extrapolated_to_its_true_quantile() -> None:
    scores = np.random.default_rng(1).exponential(0.5, 200_000)
    threshold = fit_tail(scores).threshold(1e-6)
    assert threshold == pytest.approx(0.5 * np.log(1e6), rel=0.15)


def test_a_heavy_tail_gets_its_shape() -> None:
    # A Pareto tail of index 4: shape 1/4.
    tail = fit_tail(np.random.default_rng(2).pareto(4.0, 200_000))
    assert tail.shape == pytest.approx(0.25, abs=0.05)
    assert tail.threshold(1e-5) == pytest.approx(1e5**0.25 - 1.0, rel=0.2)


def test_a_bounded_tail_is_never_taken_for_bounded() -> None:
    scores = np.random.default_rng(3).uniform(0.0, 1.0, 10_000)
    tail = fit_tail(scores)
    assert tail.shape == 0.0
    assert tail.threshold(1e-9) > 1.0


@pytest.mark.parametrize("probability", [0.04, 1e-2, 3e-3])
def test_the_threshold_is_exceeded_as_often_as_was_asked(probability: float) -> None:
    scores = np.random.default_rng(4).gamma(3.0, 1.0, 100_000)
    assert np.mean(scores > fit_tail(scores).threshold(probability)) == pytest.approx(probability, rel=0.1)


def test_too_few_scores_are_an_error() -> None:
    with pytest.raises(DatasetError, match="20 scores"):
        fit_tail(np.arange(20.0))


def test_an_operating_point_counts() -> None:
    point = operating_point(np.array([0.0, 1.0, 2.0, 3.0]), np.array([2.0, 5.0, 6.0]), 3.0)
    assert (point.recall, point.false_rate, point.precision) == (2 / 3, 1 / 4, 2 / 3)
    assert operating_point(np.zeros(2), np.zeros(2), 1.0).precision is None


def test_the_knee_and_the_cheapest_threshold() -> None:
    normal, anomalous = np.arange(100.0), np.array([50.0, 95.5, 120.0, 130.0])
    costs = {"alarm_cost": 1.0, "fault_share": 0.5}
    dear = roc_curve(normal, anomalous, miss_cost=1000.0, **costs)
    cheap = roc_curve(normal, anomalous, miss_cost=0.1, **costs)
    assert dear.cheapest.recall == 1.0
    assert cheap.cheapest.false_rate == 0.0
    assert dear.knee.threshold == 95.5
    assert dear.knee.recall == 0.75
    # All pairs but those of 50 with 51..99 (49), of 95.5 with 96..99 (4); a tie counts half.
    assert dear.auc == pytest.approx((400 - 49 - 4 - 0.5) / 400)
    assert dear.points[0][1:] == (1.0, 1.0)
    assert dear.points[-1][1:] == (0.0, 0.0)
