"""Intervals and the paired test against scipy, and against values of the literature."""

from __future__ import annotations

import numpy as np
import pytest
from tinyhost.metrics.intervals import Interval, mcnemar, poisson_rate, wilson

from tests.lazily import lazily

stats = lazily("scipy.stats")


@pytest.mark.parametrize(("n_hits", "n"), [(0, 1), (1, 1), (0, 10), (10, 10), (9, 10), (121, 219), (2_999, 10_000)])
def test_a_proportions_interval_is_scipys_wilson(n_hits: int, n: int) -> None:
    expected = stats.binomtest(n_hits, n).proportion_ci(method="wilson")
    got = wilson(n_hits, n)
    assert got is not None
    assert (got.low, got.high) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize("n_events", [0, 1, 2, 10, 137, 5_000, 1_000_000])
@pytest.mark.parametrize("hours", [0.05, 1.0, 24.0])
def test_a_rates_interval_is_the_exact_one(n_events: int, hours: float) -> None:
    got = poisson_rate(n_events, hours)
    low = stats.chi2.ppf(0.025, 2 * n_events) / 2 if n_events else 0.0
    assert got is not None
    assert (got.low, got.high) == pytest.approx(
        (low / hours, stats.chi2.ppf(0.975, 2 * n_events + 2) / 2 / hours), rel=1e-9
    )


def test_no_alarm_in_three_minutes_does_not_show_one_a_day() -> None:
    got = poisson_rate(0, 0.05 / 24)
    assert got is not None
    assert got.high == pytest.approx(1770.7, abs=0.1)


def test_nothing_counted_has_no_interval() -> None:
    assert wilson(0, 0) is None
    assert poisson_rate(0, 0.0) is None


@pytest.mark.parametrize(("only_first", "only_second"), [(0, 0), (1, 0), (5, 5), (3, 14), (40, 12), (900, 1_100)])
def test_two_models_are_compared_by_the_exact_binomial(only_first: int, only_second: int) -> None:
    first = [True] * only_first + [False] * only_second + [True, False] * 20
    second = [False] * only_first + [True] * only_second + [True, False] * 20
    got = mcnemar(first, second)
    n = only_first + only_second
    expected = stats.binomtest(only_first, n).pvalue if n else 1.0
    assert (got.n_only_first, got.n_only_second) == (only_first, only_second)
    assert got.p_value == pytest.approx(expected, rel=1e-9)


def test_an_interval_holds_the_true_share_in_19_of_20_trials() -> None:
    rng = np.random.default_rng(1)
    held = 0
    for n_hits in rng.binomial(200, 0.9, 2_000):
        interval = wilson(int(n_hits), 200) or Interval(low=0.0, high=0.0)
        held += interval.low <= 0.9 <= interval.high
    assert held / 2_000 == pytest.approx(0.95, abs=0.015)
