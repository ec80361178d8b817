"""How right a device is about where objects are, for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tinyhost.datasets.skipped import Skipped
from tinyhost.metrics.objects import ObjectScore

__all__ = ["DetectionDocument", "ObjectsDocument", "PictureDocument"]


@dataclass(frozen=True, kw_only=True)
class DetectionDocument:
    """One detection, in pixels of the picture that the board was given."""

    label: str
    score: float
    """real value of its best cell"""
    x: int
    """of the centroid"""
    y: int
    right: bool | None
    """it counts for an object; null in a crowd, where nobody knows"""


@dataclass(frozen=True, kw_only=True)
class PictureDocument:
    """What the device found in one picture."""

    file: str
    n_objects: int
    """that the model can see"""
    found: int
    """of them"""
    detections: tuple[DetectionDocument, ...]


@dataclass(frozen=True, kw_only=True)
class ObjectsDocument:
    """Pictures with labelled boxes, judged by a heat map on the device; null without `--data`, or for other models."""

    data: str
    """the folder"""
    n_pictures: int
    threshold: float
    """real value of a cell from which it belongs to an object: the board's setting"""
    all: ObjectScore
    """over all labels"""
    per_class: Mapping[str, ObjectScore]
    """by label"""
    pictures: tuple[PictureDocument, ...]
    n_outside: int
    """objects whose middle is outside of the square that the model sees; they count nowhere"""
    n_left_out: int
    """cells that reach the threshold and are in no detection, because there were too many"""
    ignored: Mapping[str, int]
    """boxes of labels that the model does not know, by label; they count nowhere"""
    skipped: tuple[Skipped, ...]
    """files that could not be used; more than 1 % of them are an error unless `--allow-skipped`"""
