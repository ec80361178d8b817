"""Metrics of object detection: precision, recall and F1 of centroids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tinyhost.metrics.intervals import Interval, wilson

__all__ = ["ObjectCounts", "ObjectScore", "match_centroids", "object_score"]


@dataclass(frozen=True, kw_only=True)
class ObjectCounts:
    """The counts of one picture."""

    found: int = 0
    """objects matched by a detection"""
    missed: int = 0
    """objects not matched by any detection"""
    false: int = 0
    """detections that match no object"""


@dataclass(frozen=True, kw_only=True)
class ObjectScore:
    """Metrics of detections over all pictures."""

    n_objects: int
    """number of objects in the pictures"""
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
    """Return the matches of detections and objects, each used at most once, that find the most objects.

    objects, detections: any numbers, the best detection first. fits(detection, object): whether they may match. The
    best detections are matched first and never lose their match to a later one.
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
    """Return the metrics over all pictures."""
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
    """Return the interval of F1 = 2 J / (1 + J), where J = found / n is the share of found among found, missed and
    false.
    """
    share = wilson(found, n)
    if share is None:
        return None
    low, high = (2 * end / (1 + end) for end in (share.low, share.high))
    return Interval(low=low, high=high)
