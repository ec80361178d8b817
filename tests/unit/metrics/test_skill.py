"""Whether a classifier is better than a constant answer, against shuffling."""

from __future__ import annotations

import numpy as np
import pytest
from tinyhost.metrics.classifier import confusion_matrix
from tinyhost.metrics.skill import classifier_skill


def test_a_constant_answer_is_no_better_than_itself() -> None:
    skill = classifier_skill(((6, 0, 0), (24, 0, 0), (12, 0, 0)))
    assert (skill.n, skill.n_right, skill.n_constant, skill.most_frequent) == (42, 6, 24, 1)
    assert skill.balanced == pytest.approx(1 / 3)
    assert not skill.is_better


def test_a_good_model_of_an_uneven_set_is_better_though_less_often_right() -> None:
    skill = classifier_skill(((855, 95), (5, 45)))
    assert skill.n_right < skill.n_constant
    assert skill.is_better


def test_a_class_that_says_nothing_of_the_others_can_be_left_out() -> None:
    counts = ((20, 0, 0, 0), (0, 60, 10, 10), (0, 30, 5, 5), (0, 30, 5, 5))
    assert classifier_skill(counts).is_better  # silence alone is told from the rest
    words = classifier_skill(counts, classes=(1, 2, 3))
    assert (words.n, words.n_classes) == (160, 3)
    assert not words.is_better


@pytest.mark.parametrize("right", [5, 6])
def test_of_few_samples_a_majority_is_enough(right: int) -> None:
    assert classifier_skill(((5, 5), (10 - right, right))).is_better == (right > 5)


def test_the_spread_of_chance_is_that_of_shuffled_answers() -> None:
    rng = np.random.default_rng(2)
    classes, answers = rng.choice(4, 200, p=(0.5, 0.3, 0.15, 0.05)), rng.choice(4, 200, p=(0.7, 0.1, 0.1, 0.1))
    shuffled = np.array(
        [classifier_skill(confusion_matrix(rng.permutation(answers), classes, 4)).z for _ in range(4_000)]
    )
    assert shuffled.mean() == pytest.approx(0.0, abs=0.05)
    assert shuffled.std() == pytest.approx(1.0, abs=0.04)


def test_hopeless_answers_are_rarely_taken_for_knowledge() -> None:
    rng = np.random.default_rng(3)
    better = sum(
        classifier_skill(confusion_matrix(rng.integers(0, 3, 60), rng.integers(0, 3, 60), 3)).is_better
        for _ in range(1_000)
    )
    assert better / 1_000 == pytest.approx(0.05, abs=0.025)
