"""Objects found in pictures against those that are there: precision, recall and F1 of centroids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tinyhost.metrics.intervals import Interval, wilson

__all__ = ["ObjectCounts", "ObjectScore", "match_centroids", "object_score"]


@dataclass(frozen=True, kw_only=True)
class ObjectCounts:
    """What one picture comes to."""

    found: int = 0
    """objects matched by a detection"""
    missed: int = 0
    """objects not matched by any detection"""
    false: int = 0
    """detections that match no object"""


@dataclass(frozen=True, kw_only=True)
class ObjectScore:
    """How right detections are, over all pictures."""

    n_objects: int
    """that are there"""
    n_detections: int
    found: int
    """objects matched by a detection"""
    precision: float | None
    """share of the detections that match an object; null without detections"""
    precision_interval: Interval | None
    """95 % (Wilson)"""
    recall: float | None
    """share of the objects that are matched; null without objects"""
    recall_interval: Interval | None
    """95 % (Wilson)"""
    f1: float | None
    """harmonic mean of both: 2 * found / (objects + detections); null without either"""
    f1_interval: Interval | None
    """95 %: Wilson's of found / (found + missed + false), of which F1 is a function"""


def match_centroids(
    objects: Sequence[int], detections: Sequence[int], fits: Callable[[int, int], bool]
) -> dict[int, int]:
    """Return which detection counts for which object, each at most once, so that most objects are found.

    objects, detections: any numbers, the best detection first. fits(detection, object): it may count for it. The best
    detections are served first and never lose their place to a later one.
    """
    taken: dict[int, int] = {}

    def serve(detection: int, tried: set[int]) -> bool:
        for each in objects:
            if each in tried or not fits(detection, each):
                continue
            tried.add(each)
            if each not in taken or serve(taken[each], tried):
                taken[each] = detection
                return True
        return False

    for detection in detections:
        serve(detection, set())
    return {detection: each for each, detection in taken.items()}


def object_score(pictures: Sequence[ObjectCounts]) -> ObjectScore:
    """Return the figures of all pictures."""
    found = sum(each.found for each in pictures)
    n_objects = found + sum(each.missed for each in pictures)
    n_detections = found + sum(each.false for each in pictures)
    return ObjectScore(
        n_objects=n_objects,
        n_detections=n_detections,
        found=found,
        precision=found / n_detections if n_detections else None,
        precision_interval=wilson(found, n_detections),
        recall=found / n_objects if n_objects else None,
        recall_interval=wilson(found, n_objects),
        f1=2 * found / (n_objects + n_detections) if n_objects + n_detections else None,
        f1_interval=_f1_interval(found, n_objects + n_detections - found),
    )


def _f1_interval(found: int, n: int) -> Interval | None:
    """Return the interval of F1 = 2 J / (1 + J), where J = found / n is a share of what was found, missed or false."""
    share = wilson(found, n)
    if share is None:
        return None
    low, high = (2 * end / (1 + end) for end in (share.low, share.high))
    return Interval(low=low, high=high)
