"""JSON documents of object detection on the device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tinyhost.datasets.skipped import Skipped
from tinyhost.metrics.objects import ObjectScore

__all__ = ["DetectionDocument", "ObjectsDocument", "PictureDocument"]


@dataclass(frozen=True, kw_only=True)
class DetectionDocument:
    """One detection, in pixels of the picture sent to the board."""

    label: str
    score: float
    """real value of the object's best cell"""
    x: int
    """of the centroid"""
    y: int
    right: bool | None
    """whether it matches an object; null in a crowd region"""


@dataclass(frozen=True, kw_only=True)
class PictureDocument:
    """Detections in one picture."""

    file: str
    n_objects: int
    """objects that the model can see"""
    found: int
    """objects that were found"""
    detections: tuple[DetectionDocument, ...]


@dataclass(frozen=True, kw_only=True)
class ObjectsDocument:
    """Accuracy of a heat map on the device, on pictures with labelled boxes; null without `--data`, or for other
    models.
    """

    data: str
    """the folder"""
    n_pictures: int
    threshold: float
    """real value from which a cell belongs to an object: the board's setting"""
    all: ObjectScore
    """scores over all labels"""
    per_class: Mapping[str, ObjectScore]
    """scores by label"""
    pictures: tuple[PictureDocument, ...]
    n_outside: int
    """objects whose centre is outside of the square that the model sees, which are not counted"""
    n_left_out: int
    """cells that reach the threshold but are in no detection, because there were too many"""
    ignored: Mapping[str, int]
    """boxes of labels that the model does not know, by label, which are not counted"""
    skipped: tuple[Skipped, ...]
    """files that could not be used; more than 1 % of them are an error unless `--allow-skipped`"""
