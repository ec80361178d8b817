"""Labelled pictures and clips: stored as they are captured or imported, read for training and benchmarks."""

from __future__ import annotations

from tinyhost.datasets.manifest import Sample
from tinyhost.datasets.origin import Origin
from tinyhost.datasets.pictures import ClassFolder, LabelledPicture, load_class_folder
from tinyhost.datasets.store import DatasetStore, Recovery, validate_label

__all__ = [
    "ClassFolder",
    "DatasetStore",
    "LabelledPicture",
    "Origin",
    "Recovery",
    "Sample",
    "load_class_folder",
    "validate_label",
]
