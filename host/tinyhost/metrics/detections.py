"""Detections in a long recording against its ground truth: hits, repeats, false accepts and misses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tinyhost.sensors.annotations import Annotation

__all__ = ["Detection", "Verdict", "WordScore", "judge_detections"]

TOLERANCE_S = 1.0
"""Time after a word's end until which it may be detected: a window is a second long, and scores are averaged."""


@dataclass(frozen=True, kw_only=True)
class Detection:
    """A detected word and its time: the end of the window, in seconds from the start of the sound."""

    time_s: float
    label: str


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The classification of a detection."""

    detection: Detection
    kind: Literal["hit", "repeat", "false"]
    """repeat: a second detection of a hit's word"""
    word: Annotation | None
    """the word spoken; for a false detection, another word spoken at that time, if any"""
    delay_s: float | None
    """from the word's end, negative if it was not over; None unless a hit"""


@dataclass(frozen=True, kw_only=True)
class WordScore:
    """Metrics of one word."""

    n: int
    """number of times it was spoken"""
    hits: int
    false_accepts: int
    """number of false detections"""

    @property
    def miss_rate(self) -> float | None:
        """The share of missed words; None if it was never spoken."""
        return 1 - self.hits / self.n if self.n else None


def judge_detections(
    detections: Sequence[Detection], truth: Sequence[Annotation]
) -> tuple[tuple[Verdict, ...], tuple[Annotation, ...]]:
    """Return the verdict on each detection, by time, and the missed words of `truth`, in their order.

    A detection is a hit of the earliest word of its label, not yet hit, that has begun and has not ended longer than
    TOLERANCE_S ago. `truth` may hold labels that are never detected, as `unknown`; they are not missed if they are not
    among what is wanted: the caller leaves them out of what it counts.
    """
    open_words = sorted(truth, key=lambda word: word.start_s)
    hit: set[int] = set()
    verdicts = []
    for detection in sorted(detections, key=lambda item: item.time_s):
        near = [
            index
            for index, word in enumerate(open_words)
            if word.start_s <= detection.time_s <= word.end_s + TOLERANCE_S
        ]
        same = [index for index in near if open_words[index].label == detection.label]
        fresh = [index for index in same if index not in hit]
        if fresh:
            hit.add(fresh[0])
            word = open_words[fresh[0]]
            delay_s = detection.time_s - word.end_s
            verdicts.append(Verdict(detection=detection, kind="hit", word=word, delay_s=delay_s))
        else:
            other = next(iter(same or near), None)
            verdicts.append(
                Verdict(
                    detection=detection,
                    kind="repeat" if same else "false",
                    word=None if other is None else open_words[other],
                    delay_s=None,
                )
            )
    missed = tuple(word for index, word in enumerate(open_words) if index not in hit)
    return tuple(verdicts), missed
