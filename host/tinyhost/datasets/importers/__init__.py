"""Importers of other tools' data sets: one module per format, and their registry."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from zipfile import is_zipfile

from tinyhost.datasets.importers.audacity import AUDACITY
from tinyhost.datasets.importers.coco import COCO
from tinyhost.datasets.importers.common_voice import COMMON_VOICE
from tinyhost.datasets.importers.contract import Found, FoundSample, Importer, ReadAs
from tinyhost.datasets.importers.cvat import CVAT
from tinyhost.datasets.importers.edge_impulse import EDGE_IMPULSE
from tinyhost.datasets.importers.folder import FOLDER
from tinyhost.datasets.importers.label_studio import LABEL_STUDIO
from tinyhost.datasets.importers.machines import MACHINES
from tinyhost.datasets.importers.tfds import TFDS
from tinyhost.datasets.importers.wake_vision import WAKE_VISION
from tinyhost.errors import DatasetError

__all__ = ["IMPORTERS", "detect_format", "find_samples"]

IMPORTERS: dict[str, Importer] = {
    importer.name: importer
    for importer in (
        COMMON_VOICE, COCO, WAKE_VISION, TFDS, CVAT, LABEL_STUDIO, AUDACITY, EDGE_IMPULSE, MACHINES, FOLDER,
    )
}  # fmt: skip
"""importers by name; the first that recognizes a source is used"""


def detect_format(source: Path) -> str:
    """Return the likely format of a source. Raises DatasetError if it is missing, or in no supported format."""
    _check_is_open(source)
    for importer in IMPORTERS.values():
        if importer.recognises(source):
            return importer.name
    raise DatasetError(
        f"{source}: not in a supported format; expected {', '.join(IMPORTERS)}", hint="name the folder to import"
    )


def _check_is_open(source: Path) -> None:
    """Raise DatasetError if a source is missing, or is an archive."""
    if not source.exists():
        raise DatasetError(f"{source}: no such folder", hint="name the folder to import")
    if source.is_file() and is_zipfile(source):
        raise DatasetError(f"{source}: a ZIP archive, expected a folder", hint="unpack it, and name the folder")


def find_samples(source: Path, format: str, read_as: ReadAs) -> Found:
    """Return the samples of a source, not read yet; files that may have been meant as samples are listed as unreadable.

    Raises DatasetError if the source as a whole is no data set of the format.
    """
    _check_is_open(source)
    samples: list[FoundSample] = []
    passed_over: Counter[str] = Counter()
    for item in IMPORTERS[format].find(source, read_as):
        if isinstance(item, FoundSample):
            samples.append(item)
        else:
            passed_over[item.reason] += item.n
    return Found(samples=samples, passed_over=passed_over)
