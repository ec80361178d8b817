"""Matching of detections and objects, and the figures computed from it."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st
from tinyhost.metrics.objects import ObjectCounts, match_centroids, object_score


def test_a_second_detection_of_one_object_counts_for_none() -> None:
    assert match_centroids([7], [0, 1], lambda detection, box: True) == {0: 7}


def test_a_detection_gives_way_if_another_object_is_left_for_it() -> None:
    pairs = {(0, 0), (0, 1), (1, 0)}
    assert match_centroids([0, 1], [0, 1], lambda detection, box: (detection, box) in pairs) == {0: 1, 1: 0}


@given(pairs=st.sets(st.tuples(st.integers(0, 3), st.integers(0, 3))))
def test_no_other_assignment_finds_more_objects(pairs: set[tuple[int, int]]) -> None:
    matched = match_centroids(range(4), range(4), lambda detection, box: (detection, box) in pairs)
    assert set(matched.items()) <= pairs
    assert len(set(matched.values())) == len(matched)
    best = max(
        sum((each, box) in pairs for each, box in enumerate(order)) for order in itertools.permutations(range(4))
    )
    assert len(matched) == best


def test_figures_are_those_of_all_pictures_together() -> None:
    score = object_score([ObjectCounts(found=3, missed=1), ObjectCounts(found=1, missed=2, false=2)])
    assert (score.n_objects, score.n_detections, score.found) == (7, 6, 4)
    assert (score.precision, score.recall, score.f1) == (4 / 6, 4 / 7, 8 / 13)
    assert score.f1_interval is not None
    assert score.f1_interval.low < 8 / 13 < score.f1_interval.high


def test_f1_of_few_objects_is_uncertain_even_if_all_are_found() -> None:
    score = object_score([ObjectCounts(found=4)])
    assert score.f1 == 1.0
    assert score.f1_interval is not None
    assert (round(score.f1_interval.low, 3), score.f1_interval.high) == (0.676, 1.0)


def test_nothing_that_is_not_there_has_no_figures() -> None:
    score = object_score([ObjectCounts(), ObjectCounts()])
    assert (score.precision, score.recall, score.f1, score.f1_interval) == (None, None, None, None)
    assert object_score([]) == object_score([ObjectCounts()])
