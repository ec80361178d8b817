"""Error rates of a keyword spotter about clips, against counting by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tinyhost.metrics.keyword_charts import errors_chart, thresholds_chart
from tinyhost.metrics.keywords import choose_threshold, keyword_curve, keyword_point

SILENCE, UNKNOWN, YES, NO = range(4)
# Classes by row: what was said. Columns: scores of silence, unknown, yes, no.
SAID = np.array([YES, YES, YES, NO, UNKNOWN, UNKNOWN, SILENCE, SILENCE])
SCORES = np.array(
    [
        [0.0, 0.1, 0.9, 0.0],  # heard
        [0.0, 0.4, 0.6, 0.0],  # heard up to 0.6
        [0.0, 0.2, 0.1, 0.7],  # taken for no up to 0.7
        [0.0, 0.6, 0.0, 0.4],  # never heard
        [0.0, 0.2, 0.8, 0.0],  # accepted as yes up to 0.8
        [0.0, 0.9, 0.1, 0.0],
        [0.9, 0.1, 0.0, 0.0],
        [0.2, 0.3, 0.0, 0.5],  # accepted as no up to 0.5
    ]
)


@pytest.mark.parametrize(
    ("threshold", "false_accepts", "misses", "confused"),
    [
        (0.0, 2 / 4, 2 / 4, 1 / 4),
        (0.5, 2 / 4, 2 / 4, 1 / 4),
        (0.6, 1 / 4, 2 / 4, 1 / 4),
        (0.65, 1 / 4, 3 / 4, 1 / 4),
        (0.75, 1 / 4, 3 / 4, 0.0),
        (0.85, 0.0, 3 / 4, 0.0),
        (0.95, 0.0, 1.0, 0.0),
    ],
)
def test_rates_at_a_threshold(threshold: float, false_accepts: float, misses: float, confused: float) -> None:
    point = keyword_point(SCORES, SAID, 2, threshold)
    assert (point.false_accept_rate, point.false_reject_rate, point.confusion_rate) == (false_accepts, misses, confused)


def test_the_first_class_wins_a_tie() -> None:
    tie = np.array([[0.0, 0.5, 0.5, 0.0], [0.0, 0.0, 0.5, 0.5]])
    point = keyword_point(tie, np.array([YES, YES]), 2, 0.0)
    assert (point.false_reject_rate, point.confusion_rate) == (0.5, 0.0)


def test_a_rate_of_nothing_is_unknown() -> None:
    only_words = keyword_point(SCORES[:4], SAID[:4], 2, 0.5)
    assert only_words.false_accept_rate is None
    assert keyword_point(SCORES[4:], SAID[4:], 2, 0.5).false_reject_rate is None
    curve = keyword_curve(SCORES[:4], SAID[:4], 2)
    assert curve.equal_error is None
    assert errors_chart({"": curve}, only_words) == ()
    assert [series.name for series in thresholds_chart(curve, only_words).panels[0].series] == ["misses, % of words"]


def test_the_middle_of_the_best_thresholds_that_are_allowed_is_chosen() -> None:
    curve = keyword_curve(SCORES, SAID, 2)
    assert (curve.n_words, curve.n_others, len(curve.points)) == (4, 4, 256)
    strict = choose_threshold(curve, 0.1)
    assert strict.threshold == (205 + 230) // 2 / 256  # above 0.8, where others end, and up to 0.9, a word
    assert strict.false_accept_rate == 0.0
    assert choose_threshold(curve, 0.25).threshold == (129 + 153) // 2 / 256  # above 0.5, up to 0.6
    assert choose_threshold(curve, 1.0).threshold == 153 // 2 / 256
    only_words = keyword_curve(SCORES[:1], SAID[:1], 2)
    assert choose_threshold(only_words, 0.02).threshold == 230 // 2 / 256
    always = keyword_curve(np.array([[0.0, 0.0, 1.0, 0.0]]), np.array([UNKNOWN]), 2)
    assert choose_threshold(always, 0.0).threshold == 255 / 256


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.floats(0, 1))
def test_counting_one_by_one_gives_the_same(seed: int, n: int, threshold: float) -> None:
    rng = np.random.default_rng(seed)
    scores, classes = rng.dirichlet(np.ones(4), n), rng.integers(0, 4, n)
    missed = accepted = confused = n_words = 0
    for row, said in zip(scores.tolist(), classes.tolist(), strict=True):
        top = row.index(max(row))
        heard = top if top >= 2 and row[top] >= threshold else None
        n_words += said >= 2
        missed += said >= 2 and heard != said
        confused += said >= 2 and heard not in (None, said)
        accepted += said < 2 and heard is not None
    point = keyword_point(scores, classes, 2, threshold)
    assert point.false_reject_rate == (missed / n_words if n_words else None)
    assert point.confusion_rate == (confused / n_words if n_words else None)
    assert point.false_accept_rate == (accepted / (n - n_words) if n_words < n else None)


@given(st.integers(0, 2**32 - 1))
def test_false_accepts_fall_and_misses_rise_with_the_threshold(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = keyword_curve(rng.dirichlet(np.ones(4), 50), np.arange(50) % 4, 2).points
    accepts = [point.false_accept_rate or 0.0 for point in points]
    misses = [point.false_reject_rate or 0.0 for point in points]
    assert accepts == sorted(accepts, reverse=True)
    assert misses == sorted(misses)


@pytest.mark.train
@pytest.mark.parametrize("seed", range(5))
def test_of_a_single_word_the_curve_is_scikit_learns_roc(seed: int) -> None:
    from sklearn.metrics import roc_curve

    rng = np.random.default_rng(seed)
    said = rng.integers(0, 2, 200)
    word = 0.51 + 0.49 * np.clip(rng.normal(0.3 + 0.3 * said, 0.2), 0.0, 1.0)  # always the largest score
    fpr, tpr, thresholds = roc_curve(said == 1, word, drop_intermediate=False)
    scores = np.stack([1 - word, word], axis=1)
    for false_accepts, hits, threshold in zip(fpr[1:], tpr[1:], thresholds[1:], strict=True):
        point = keyword_point(scores, said, 1, float(threshold))
        assert point.false_accept_rate == pytest.approx(false_accepts)
        assert point.false_reject_rate == pytest.approx(1 - hits)
