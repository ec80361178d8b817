"""Error rates of a keyword spotter on clips: misses and false accepts, over all thresholds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["KeywordCurve", "KeywordPoint", "choose_threshold", "keyword_curve", "keyword_point"]

_N_LEVELS = 256
"""Number of thresholds: scores are int8, so that more would not differ."""


@dataclass(frozen=True, kw_only=True)
class KeywordPoint:
    """The error rates at one threshold."""

    threshold: float
    """a word counts if it has the highest score of all classes and at least this one"""
    false_accept_rate: float | None
    """share of the clips without a wanted word in which a word is detected; None without such clips"""
    false_reject_rate: float | None
    """share of the clips of words in which nothing or another word is detected; None without such clips"""
    confusion_rate: float | None
    """share of the clips of words in which another word is detected; part of false_reject_rate"""


@dataclass(frozen=True, kw_only=True)
class KeywordCurve:
    """Error rates by rising threshold, from 0 to 1, and the numbers of clips."""

    n_words: int
    n_others: int
    points: tuple[KeywordPoint, ...]

    @property
    def equal_error(self) -> KeywordPoint | None:
        """The point at which the two rates are closest; None if one of them is unknown."""
        known = [point for point in self.points if _gap(point) is not None]
        return min(known, key=lambda point: _gap(point) or 0.0, default=None)


def _gap(point: KeywordPoint) -> float | None:
    if point.false_accept_rate is None or point.false_reject_rate is None:
        return None
    return abs(point.false_accept_rate - point.false_reject_rate)


def keyword_point(
    scores: NDArray[np.float64], classes: NDArray[np.int64], n_silent: int, threshold: float
) -> KeywordPoint:
    """Return the rates at a threshold.

    scores: (n, n_classes) in 0..1; classes: (n,) the true ones; the first n_silent classes are no words. Ties go to the
    first class, as on the board.
    """
    heard = scores.argmax(axis=1)
    heard = np.where((heard >= n_silent) & (scores.max(axis=1) >= threshold), heard, -1)
    is_word = classes >= n_silent
    n_words, n_others = int(is_word.sum()), int((~is_word).sum())
    missed = int((heard[is_word] != classes[is_word]).sum())
    confused = int(((heard[is_word] != classes[is_word]) & (heard[is_word] >= 0)).sum())
    accepted = int((heard[~is_word] >= 0).sum())
    return KeywordPoint(
        threshold=threshold,
        false_accept_rate=accepted / n_others if n_others else None,
        false_reject_rate=missed / n_words if n_words else None,
        confusion_rate=confused / n_words if n_words else None,
    )


def keyword_curve(scores: NDArray[np.float64], classes: NDArray[np.int64], n_silent: int) -> KeywordCurve:
    """Return the rates over all thresholds that int8 scores can distinguish; see `keyword_point`."""
    n_words = int((classes >= n_silent).sum())
    return KeywordCurve(
        n_words=n_words,
        n_others=len(classes) - n_words,
        points=tuple(keyword_point(scores, classes, n_silent, level / _N_LEVELS) for level in range(_N_LEVELS)),
    )


def choose_threshold(curve: KeywordCurve, max_false_accept_rate: float) -> KeywordPoint:
    """Return the threshold with the fewest misses that keeps the limit of false accepts; the highest one if none does.

    Of several it is the middle one: words that are a little less sure, and other sounds that are a little surer, than
    all of these clips change nothing. Misses grow with the threshold, so these are the lowest ones that keep the limit.
    """
    allowed = [point for point in curve.points if (point.false_accept_rate or 0.0) <= max_false_accept_rate]
    best = [point for point in allowed if point.false_reject_rate == allowed[0].false_reject_rate]
    return best[(len(best) - 1) // 2] if best else curve.points[-1]
