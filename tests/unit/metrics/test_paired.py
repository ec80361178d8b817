from __future__ import annotations

import pytest
from tinyhost.metrics.paired import PairedChange

from tests.lazily import lazily

stats = lazily("scipy.stats")


@pytest.mark.parametrize(("lost", "gained"), [(0, 0), (1, 0), (20, 0), (30, 10), (10, 30), (700, 650)])
def test_the_chance_of_a_loss_is_that_of_the_binomial_test(lost: int, gained: int) -> None:
    change = PairedChange(n=1000, lost=lost, gained=gained)
    expected = stats.binomtest(lost, lost + gained, alternative="greater").pvalue if lost + gained else 1.0
    assert change.p_of_loss == pytest.approx(expected, rel=1e-9)
    assert change.points == pytest.approx((gained - lost) / 10)
