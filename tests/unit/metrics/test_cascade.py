"""The losses and savings of a cascade's first network, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from tinyhost.metrics.cascade import Wakefulness, cascade_clips, cascade_stream
from tinyhost.metrics.intervals import poisson_rate, wilson
from tinyhost.sensors.annotations import Annotation


def test_clips_that_nobody_wakes_for_are_without_a_word() -> None:
    wake = np.array([0.9, 0.1, 0.5, 0.2, 0.6, 0.0, 0.1])
    classes = np.array([2, 2, 3, 0, 1, 1, 3])
    scores = np.eye(4)[[2, 2, 1, 3, 1, 2, 2]]  # asleep, the fourth and the sixth are right whatever these say
    found = cascade_clips(wake, scores, classes, n_silent=2, threshold=0.5)
    assert (found.n_words, found.words_lost, found.n_others, found.false_wakes) == (2, 1, 3, 1)
    assert found.words_lost_interval == wilson(1, 2)
    assert found.false_wake_interval == wilson(1, 3)
    assert found.accuracy == pytest.approx(4 / 7)


def test_a_recording_is_judged_by_words_and_by_times_of_waking() -> None:
    words = [Annotation(start_s=1.0, end_s=1.5, label="yes"), Annotation(start_s=5.0, end_s=5.5, label="no")]
    awake = {1.2, 1.4, 2.4, 3.0, 3.2}  # the last two: a false wake; nothing for the second word
    times = [round(0.2 * step, 1) for step in range(5, 40)]
    inferences = [
        Wakefulness(time_s=time_s, asleep=time_s not in awake, invoke_ticks=100 if time_s in awake else 10)
        for time_s in times
    ]
    found = cascade_stream(inferences, words, seconds=36.0, unit="instructions")
    assert (found.n_inferences, found.n_awake, found.duty) == (35, 5, 5 / 35)
    assert (found.asleep_ticks, found.awake_ticks) == (10, 100)
    assert found.mean_ticks == pytest.approx(800 / 35)
    assert (found.n_words, found.words_lost, found.words_lost_interval) == (2, 1, wilson(1, 2))
    assert (found.false_wakes, found.false_wakes_per_hour) == (1, 100.0)
    assert found.false_wakes_per_hour_interval == poisson_rate(1, 0.01)
