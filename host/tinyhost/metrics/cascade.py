"""What a cascade's first network costs and saves: words it sleeps through, false wakes, inferences of both networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost.metrics.detections import TOLERANCE_S
from tinyhost.metrics.intervals import Interval, poisson_rate, wilson
from tinyhost.sensors.annotations import Annotation

__all__ = ["CascadeClips", "CascadeStream", "Wakefulness", "cascade_clips", "cascade_stream"]


@dataclass(frozen=True, kw_only=True)
class CascadeClips:
    """A cascade on single clips, each judged by itself."""

    threshold: float
    """wake score from which on the second network runs"""
    n_words: int
    """clips of words that the second network recognizes"""
    words_lost: int
    """of these, the first network did not wake for: what the cascade costs"""
    words_lost_share: float | None
    words_lost_interval: Interval | None
    """95 % (Wilson)"""
    n_others: int
    """clips without a word"""
    false_wakes: int
    """of these, the second network ran for"""
    false_wake_share: float | None
    false_wake_interval: Interval | None
    """95 % (Wilson)"""
    accuracy: float
    """share of clips that the whole cascade is right about; to sleep is right in any clip without a word"""
    accuracy_interval: Interval | None
    """95 % (Wilson)"""


@dataclass(frozen=True, kw_only=True)
class Wakefulness:
    """One live inference of a cascade."""

    time_s: float
    """end of its window"""
    asleep: bool
    """only the first network ran"""
    invoke_ticks: int


@dataclass(frozen=True, kw_only=True)
class CascadeStream:
    """A cascade on a long recording."""

    n_inferences: int
    n_awake: int
    """of these, in which both networks ran"""
    duty: float
    """`n_awake / n_inferences`"""
    unit: str
    """of ticks"""
    asleep_ticks: int | None
    """median of an inference of the first network alone; null if there was none"""
    awake_ticks: int | None
    """median of an inference of both networks; null if there was none"""
    mean_ticks: float
    """of all inferences"""
    n_words: int
    words_lost: int
    """of these, in which no inference was awake until 1 s after their end"""
    words_lost_share: float | None
    words_lost_interval: Interval | None
    """95 % (Wilson)"""
    false_wakes: int
    """times that it woke while no word was spoken"""
    false_wakes_per_hour: float
    false_wakes_per_hour_interval: Interval | None
    """exact 95 % interval of the rate"""


def cascade_clips(
    wake: NDArray[np.float64],
    scores: NDArray[np.float64],
    classes: NDArray[np.int64],
    *,
    n_silent: int,
    threshold: float,
) -> CascadeClips:
    """Return how a cascade does on n clips: wake scores (n,), the second network's (n, n_classes), classes (n,)."""
    awake, is_word, is_known = wake >= threshold, classes >= n_silent, scores.argmax(axis=1) == classes
    n_words, n_others = int((is_word & is_known).sum()), int((~is_word).sum())
    lost, false_wakes = int((is_word & is_known & ~awake).sum()), int((~is_word & awake).sum())
    n_right = int(np.where(awake, is_known, ~is_word).sum())
    return CascadeClips(
        threshold=threshold,
        n_words=n_words,
        words_lost=lost,
        words_lost_share=lost / n_words if n_words else None,
        words_lost_interval=wilson(lost, n_words),
        n_others=n_others,
        false_wakes=false_wakes,
        false_wake_share=false_wakes / n_others if n_others else None,
        false_wake_interval=wilson(false_wakes, n_others),
        accuracy=n_right / len(classes),
        accuracy_interval=wilson(n_right, len(classes)),
    )


def cascade_stream(
    inferences: Sequence[Wakefulness], words: Sequence[Annotation], *, seconds: float, unit: str
) -> CascadeStream:
    """Return how a cascade does on a recording. inferences: at least one, by time; words: those that are wanted."""

    def is_at(word: Annotation, time_s: float) -> bool:
        return word.start_s <= time_s <= word.end_s + TOLERANCE_S

    awake = [item.time_s for item in inferences if not item.asleep]
    woken = [
        item.time_s
        for before, item in zip((None, *inferences), inferences, strict=False)
        if not item.asleep and (before is None or before.asleep)
    ]
    lost = sum(not any(is_at(word, time_s) for time_s in awake) for word in words)
    false_wakes = sum(not any(is_at(word, time_s) for word in words) for time_s in woken)
    ticks = {state: [item.invoke_ticks for item in inferences if item.asleep == state] for state in (True, False)}
    medians = {state: int(np.median(values)) if values else None for state, values in ticks.items()}
    return CascadeStream(
        n_inferences=len(inferences),
        n_awake=len(awake),
        duty=len(awake) / len(inferences),
        unit=unit,
        asleep_ticks=medians[True],
        awake_ticks=medians[False],
        mean_ticks=float(np.mean([item.invoke_ticks for item in inferences])),
        n_words=len(words),
        words_lost=lost,
        words_lost_share=lost / len(words) if words else None,
        words_lost_interval=wilson(lost, len(words)),
        false_wakes=false_wakes,
        false_wakes_per_hour=false_wakes * 3600 / seconds,
        false_wakes_per_hour_interval=poisson_rate(false_wakes, seconds / 3600),
    )
