"""A data set divided into parts: which of its samples are for validation, and which for testing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tinyhost.audio.speakers import Part
from tinyhost.datasets.clips import load_clip_folder
from tinyhost.datasets.folder import MOTION, PICTURES, kind_of
from tinyhost.datasets.motion import read_motion_folder
from tinyhost.datasets.parts import counts_of, write_lists
from tinyhost.datasets.pictures import ClassFolder, PictureShares, load_class_folder, part_of_pictures
from tinyhost.datasets.skipped import Skipped
from tinyhost.datasets.speech_commands import Shares, name_of_clip, part_of_clips
from tinyhost.errors import UsageError
from tinyhost.motion.units import UNSTATED_UNITS, MotionUnits

__all__ = ["Division", "SplitDocument", "parts_of", "picture_shares", "split_dataset"]

Kind = Literal["clips", "pictures", "motion"]
_FEWEST = 3
"""recordings of a label, of which each part gets one at least"""


@dataclass(frozen=True, kw_only=True)
class SplitDocument:
    """`tinyhost data split SET --json FILE`."""

    schema: Literal["tinyhost.data_split/1"] = "tinyhost.data_split/1"
    folder: Path
    kind: Kind
    by: Literal["speaker", "file", "order"]
    """`speaker`; `file` for motion, and for clips of fewer than 3 speakers; `order` of names for pictures"""
    parts: Mapping[Part, int]
    """samples, by part: `training`, `validation`, `testing`"""
    skipped: tuple[Skipped, ...]
    """files that cannot be used"""


@dataclass(frozen=True, kw_only=True)
class Division:
    """Which file of a data set is in which part."""

    kind: Kind
    by: Literal["speaker", "file", "order"]
    parts: Mapping[str, Part]
    """of each `label/file`"""
    skipped: tuple[Skipped, ...]


def split_dataset(
    folder: Path,
    shares: Shares,
    *,
    units: MotionUnits = UNSTATED_UNITS,
    on_file: Callable[[int, int], None] = lambda done, total: None,
) -> SplitDocument:
    """Write the lists of a split into the folder of a data set, and return how many samples each part has."""
    found = parts_of(folder, shares, units=units, on_file=on_file)
    write_lists(folder, found.parts)
    counts = counts_of(found.parts.values())
    return SplitDocument(folder=folder, kind=found.kind, by=found.by, parts=counts, skipped=found.skipped)


def parts_of(
    folder: Path,
    shares: Shares | None = None,
    *,
    units: MotionUnits = UNSTATED_UNITS,
    on_file: Callable[[int, int], None] = lambda done, total: None,
) -> Division:
    """Return how a data set would be divided anew, whatever its lists say. shares: None: those of training.

    Raises UsageError for pictures that are in a folder for each part already.
    """
    kind = kind_of(folder)
    if kind is PICTURES:
        return _parts_of_pictures(load_class_folder(folder, on_file=on_file), shares)
    shares = shares if shares is not None else Shares()
    if kind is MOTION:
        motions = read_motion_folder(folder, units, on_file=on_file)
        parts = _by_label([run.name for run in motions.runs], shares)
        return Division(kind="motion", by="file", parts=parts, skipped=motions.skipped)
    clips = load_clip_folder(folder, on_file=on_file)
    split_by, sides = part_of_clips(clips, shares, use_lists=False)
    by_name = dict(zip(map(name_of_clip, clips), sides, strict=True))
    return Division(
        kind="clips", by="speaker" if split_by == "speaker" else "file", parts=by_name, skipped=clips.skipped
    )


def picture_shares(shares: Shares) -> PictureShares:
    """Return shares in percent as those of pictures."""
    return PictureShares(validation=shares.validation / 100, testing=shares.testing / 100)


def _parts_of_pictures(found: ClassFolder, shares: Shares | None) -> Division:
    percent = picture_shares(shares) if shares else PictureShares()
    by, sides = part_of_pictures(found, percent, use_lists=False)
    if by == "folder":
        raise UsageError(
            f"{found.root}: it has a folder for each part already", hint="move the pictures into one, LABEL/FILE"
        )
    parts = {picture.name: side for picture, side in zip(found, sides, strict=True)}
    return Division(kind="pictures", by="order", parts=parts, skipped=found.skipped)


def _by_label(names: Sequence[str], shares: Shares) -> dict[str, Part]:
    """Return the part of each `label/file`: of each label the same shares, in the order of the names' hashes."""
    parts: dict[str, Part] = {}
    for label in {name.split("/")[0] for name in names}:
        own = sorted((name for name in names if name.split("/")[0] == label), key=_hash)
        n_validation, n_testing = (_count(share, len(own)) for share in (shares.validation, shares.testing))
        parts |= dict.fromkeys(own, "training")
        parts |= dict.fromkeys(own[:n_validation], "validation")
        parts |= dict.fromkeys(own[n_validation : n_validation + n_testing], "testing")
    return parts


def _count(share: float, n: int) -> int:
    """Return how many of n recordings are a share, in percent; one at least of a few."""
    return max(round(n * share / 100), int(share > 0 and n >= _FEWEST))


def _hash(name: str) -> bytes:
    return hashlib.sha256(name.encode("utf-8")).digest()
