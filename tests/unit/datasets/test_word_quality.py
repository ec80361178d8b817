"""Which recorded words are accepted, and why others are rejected."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.datasets.word_quality import WordVerdict, cut_word, judge_word

RATE_HZ = 16_000


def word(level: float = 0.2, begin_s: float = 0.3, end_s: float = 0.7, seconds: float = 1.0) -> NDArray[np.int16]:
    """Return a tone of `level` of full scale between two times, and a little noise around it."""
    rng = np.random.default_rng(1)
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    tone = np.sin(2 * np.pi * 440 * t) * level * ((t >= begin_s) & (t < end_s))
    return np.rint((tone + rng.normal(0, 2e-4, t.size)) * 32767).clip(-32768, 32767).astype(np.int16)


def judged(pcm: NDArray[np.int16], n_missing: int = 0) -> WordVerdict:
    return judge_word(pcm, n_samples=RATE_HZ, rate_hz=RATE_HZ, n_missing=n_missing)


def test_a_word_with_silence_around_it_is_good() -> None:
    verdict = judged(word())
    assert verdict.is_good
    assert verdict.level_dbfs == pytest.approx(20 * np.log10(0.2 / np.sqrt(2)), abs=0.5)


@pytest.mark.parametrize(
    ("pcm", "n_missing", "reason"),
    [
        (word(level=0.005), 0, "too quiet"),
        (np.zeros(RATE_HZ, np.int16), 0, "too quiet"),
        (word(level=1.5), 0, "clipped"),
        (word() + np.int16(3000), 0, "DC shift"),
        (word(begin_s=0.0, end_s=0.4), 0, "truncated"),
        (word(begin_s=0.7, end_s=1.0), 0, "truncated"),
        (word()[: RATE_HZ - 1], 0, "truncated"),
        (np.zeros(0, np.int16), 0, "truncated"),
        (word(), 1, "samples missing"),
    ],
)
def test_each_fault_is_named(pcm: NDArray[np.int16], n_missing: int, reason: str) -> None:
    verdict = judged(pcm, n_missing)
    assert verdict.reason == reason
    assert verdict.detail


def test_one_loud_peak_is_no_clipping() -> None:
    pcm = word()
    pcm[8000] = 32767
    assert judged(pcm).is_good


def test_the_loudest_second_of_what_was_heard_is_kept() -> None:
    pcm = cut_word(word(begin_s=0.9, end_s=1.3, seconds=1.5), RATE_HZ)
    assert len(pcm) == RATE_HZ
    loud = np.flatnonzero(np.abs(pcm) > 3000)
    assert loud[-1] - loud[0] == pytest.approx(0.4 * RATE_HZ, abs=100)
