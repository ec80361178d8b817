from __future__ import annotations

import pytest
from tinyhost.metrics.spread import Spread

from tests.lazily import lazily

stats = lazily("scipy.stats")


def test_a_spread_has_least_median_and_most() -> None:
    assert Spread.of([5, 1, 3]) == Spread(min=1, median=3, max=5, low=1, high=5)
    assert Spread.of([1, 2]) == Spread(min=1, median=1, max=2, low=1, high=2)


@pytest.mark.parametrize("n", [6, 7, 9, 10, 20, 30, 101, 500, 501, 2000, 100_000])
def test_the_interval_holds_the_median_with_95_percent_and_hardly_more(n: int) -> None:
    """Value number k + 1 of n lies above the median with the chance of at most k of n tosses."""
    spread = Spread.of(range(n))
    left_out = spread.low
    assert spread.high == n - 1 - left_out
    assert 1 - 2 * stats.binom.cdf(left_out, n, 0.5) >= 0.95
    assert 1 - 2 * stats.binom.cdf(left_out + (1 if n <= 500 else 3), n, 0.5) < 0.95
