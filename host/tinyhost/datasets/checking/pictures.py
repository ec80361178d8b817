"""Faults of pictures, singly and beside the others of their set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.boards.scenes import fit_picture
from tinyhost.datasets.checking.copies import Likeness, surplus_of
from tinyhost.datasets.checking.drift import figures_of_picture
from tinyhost.datasets.checking.findings import DataFinding
from tinyhost.datasets.checking.sample import CheckedSample, Fault, Fingerprint, content_digest
from tinyhost.datasets.checking.sensor_faults import faults_of
from tinyhost.datasets.pictures import ClassFolder, class_folder, part_of_pictures, read_pictures
from tinyhost.datasets.skipped import Skipped
from tinyhost.sensors.picture import picture_faults, picture_figures, picture_looks
from tinyhost.system.wording import counted

__all__ = [
    "LEAST_STUCK",
    "LIKENESS",
    "check_pictures",
    "fingerprint",
    "joined_pictures",
    "odd_pictures",
    "stuck_pictures",
]

_SIDE, _KEPT = 32, 8
LIKENESS = Likeness(most_bits=8 / 63, least_correlation=0.97)
"""Copies that were lit, coded or cut a little otherwise differ in fewer bits; of other pictures about half differ."""
_ODD_ASPECT = 0.35  # CleanVision's: the shorter side over the longer one
_ODD_SIZE = 10.0  # CleanVision's: times the usual size
_FEW_JOINED = 1 / 100
"""Of photographs 1 in 1,000 has an edge that could be a seam, of drawings 35 in 1,000."""
_JOINED = "it seems to be torn at row {}: the parts above and below may be of two pictures"
LEAST_STUCK = 4
"""Pictures in a row that are the same to the last bit: a real camera gives noise of its own."""


def check_pictures(
    folder: Path, on_file: Callable[[int, int], None], *, compares: bool
) -> tuple[ClassFolder, str, list[CheckedSample]]:
    """Return a folder's checked pictures, and the rule of their parts. Raises DatasetError."""
    skipped: list[Skipped] = []
    pictures, samples = [], []
    for picture, pixels in read_pictures(folder, skipped, on_file):
        pictures.append(picture)
        figures = picture_figures(pixels)
        faults = faults_of(picture_faults(figures))
        if figures.contrast:  # a wall, or the sky: what gives one value everywhere is no camera
            faults = tuple(replace(f, level="look") if f.issue == "low_information" else f for f in faults)
        samples.append(
            CheckedSample(
                file=picture.path.relative_to(folder).as_posix(),
                label=picture.label,
                digest=content_digest(pixels),
                faults=faults,
                fingerprint=fingerprint(pixels),
                size=(pixels.shape[1], pixels.shape[0]),
                figures=figures_of_picture(pixels) if compares else {},
                looks=picture_looks(figures),
                seam_row=figures.seam_row,
            )
        )
    found = class_folder(folder, pictures, skipped)
    by, parts = part_of_pictures(found)
    samples = [replace(sample, part=part) for sample, part in zip(samples, parts, strict=True)]
    return found, by, samples


def fingerprint(pixels: NDArray[np.uint8]) -> Fingerprint | None:
    """Return the perceptual hash of a (height, width) picture, and its thumbnail; None if there is nothing in it.

    The hash: which of the 63 slowest waves in a 32x32 thumbnail are above their median (pHash; Zauner 2010).
    """
    small = fit_picture(pixels, _SIDE, _SIDE).astype(np.float32)
    flat = small - small.mean()
    size = float(np.linalg.norm(flat))
    if size < _SIDE:  # less than one grey level of contrast
        return None
    waves = (_cosines() @ flat @ _cosines().T).ravel()[1:]
    return Fingerprint(bits=waves > np.median(waves), shape=(flat / size).ravel())


@cache
def _cosines() -> NDArray[np.float32]:
    """Return the first rows of the cosine transform, (8, 32)."""
    steps = np.arange(_SIDE) + 0.5
    return np.cos(np.pi / _SIDE * np.outer(np.arange(_KEPT), steps)).astype(np.float32)


def odd_pictures(samples: Sequence[CheckedSample]) -> list[tuple[CheckedSample, Fault]]:
    """Return the pictures whose aspect ratio or size is not that of the others."""
    sizes = [sample.size for sample in samples if sample.size]
    if not sizes:
        return []
    usual = float(np.median([np.sqrt(width * height) for width, height in sizes]))
    found = []
    for sample in samples:
        width, height = sample.size or (1, 1)
        times = float(np.sqrt(width * height)) / usual
        if min(width, height) / max(width, height) < _ODD_ASPECT:
            found.append((sample, Fault(issue="odd_aspect_ratio", level="look", text=f"{width} x {height}")))
        if not 1 / _ODD_SIZE < times < _ODD_SIZE:
            text = f"{width} x {height}, {times:.2g} times the usual size"
            found.append((sample, Fault(issue="odd_size", level="look", text=text)))
    return found


def joined_pictures(samples: Sequence[CheckedSample]) -> list[tuple[CheckedSample, Fault]]:
    """Return the pictures that seem to be joined of two, though not surely, if the set has few of them.

    Many show that the scenes have such edges, as drawn floors and tables, unless twice as many are surely torn.
    """
    torn = {sample.file for sample in samples if any(fault.issue == "torn" for fault in sample.faults)}
    joined = [sample for sample in samples if sample.seam_row is not None and sample.file not in torn]
    if len(joined) > max(_FEW_JOINED * len(samples), len(torn) / 2):
        return []
    return [(each, Fault(issue="torn", level="look", text=_JOINED.format(each.seam_row))) for each in joined]


def stuck_pictures(samples: Sequence[CheckedSample]) -> Iterator[DataFinding]:
    """Yield runs of the same picture, in the order of their names."""
    alike: dict[tuple[str, str], list[CheckedSample]] = defaultdict(list)
    for sample in samples:
        alike[sample.label, sample.digest].append(sample)
    for key, run in groupby(samples, key=lambda sample: (sample.label, sample.digest)):
        files = tuple(sample.file for sample in run)
        if len(files) >= LEAST_STUCK:
            yield DataFinding(
                issue="stuck",
                level="bad",
                text=f"{counted(len(files), 'picture')} in a row are identical; the camera was stuck",
                files=files,
                surplus=tuple(file for file in surplus_of(alike[key]) if file in files),
            )
