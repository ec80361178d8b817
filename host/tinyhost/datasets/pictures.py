"""Labelled pictures: class folders, alone or in `train`, `val` and `test`, and the parts of pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.speakers import PARTS, Part
from tinyhost.datasets.folder import PICTURES, Listing, label_of, labelled_files
from tinyhost.datasets.parts import has_lists, listed_name, read_lists
from tinyhost.datasets.skipped import Skipped, none_usable
from tinyhost.errors import DatasetError, MissingToolError
from tinyhost.sensors.picture_file import read_picture
from tinyhost.system.folders import files_below, visible

__all__ = [
    "ClassFolder",
    "LabelledPicture",
    "PictureShares",
    "PictureSplitBy",
    "class_folder",
    "load_class_folder",
    "part_of_pictures",
    "pictures_of_part",
    "read_pictures",
    "split_roots",
]

PictureSplitBy = Literal["lists", "folder", "order"]
_FOLDER_NAMES: dict[Part, tuple[str, ...]] = {
    "training": ("train", "training"),
    "validation": ("val", "valid", "validation"),
    "testing": ("test", "testing"),
}


@dataclass(frozen=True, kw_only=True)
class LabelledPicture:
    """One picture on disk and its class."""

    path: Path
    label: str
    part: Part | None = None
    """the part of its folder; None: the set has no such folders"""

    @property
    def name(self) -> str:
        """Its label's folder and file, as in the lists of a split."""
        return listed_name(self.path)

    def read(self) -> NDArray[np.uint8]:
        """Return the pixels, (height, width) grey levels."""
        return read_picture(self.path)


@dataclass(frozen=True, kw_only=True)
class ClassFolder:
    """A folder of labelled pictures, in the order of part, label and name."""

    root: Path
    labels: tuple[str, ...]
    """sorted"""
    pictures: tuple[LabelledPicture, ...]
    skipped: tuple[Skipped, ...] = ()
    """files that cannot be used"""

    def __iter__(self) -> Iterator[LabelledPicture]:
        return iter(self.pictures)

    def __len__(self) -> int:
        return len(self.pictures)

    def counts(self) -> dict[str, int]:
        """Return the number of pictures per label."""
        return dict(sorted(Counter(picture.label for picture in self.pictures).items()))


@dataclass(frozen=True, kw_only=True)
class PictureShares:
    """Shares of the training pictures that are set aside for the other parts."""

    validation: float = 0.15
    testing: float = 0.15


def split_roots(path: Path) -> dict[Part, Path]:
    """Return the folders `train`, `val` and `test` of a set, by part; none if it is not divided like that.

    A folder of pictures of trains is a label.
    """
    roots: dict[Part, Path] = {}
    for part, names in _FOLDER_NAMES.items():
        for folder in visible(path) if path.is_dir() else ():
            if folder.name.casefold() in names and folder.is_dir() and any(map(Path.is_dir, visible(folder))):
                roots.setdefault(part, folder)
    return roots if "training" in roots else {}


def load_class_folder(path: Path, *, on_file: Callable[[int, int], None] = lambda done, total: None) -> ClassFolder:
    """Return the labelled pictures of a folder that holds one folder per class, or `train`, `val` and `test` with them.

    Every picture is decoded once to check it; unusable files are skipped and reported. on_file: called with files done
    and in total. Raises DatasetError if the folder is missing, holds no class, or no picture of it can be used.
    """
    skipped: list[Skipped] = []
    pictures = tuple(picture for picture, _ in read_pictures(path, skipped, on_file))
    return class_folder(path, pictures, skipped)


def read_pictures(
    path: Path, skipped: list[Skipped], on_file: Callable[[int, int], None] = lambda done, total: None
) -> Iterator[tuple[LabelledPicture, NDArray[np.uint8]]]:
    """Yield the pictures of a folder with their pixels; unusable files are added to `skipped`. Raises DatasetError."""
    listings = list(_listings(path))
    done, total = 0, sum(len(listing.files) for _, listing in listings)
    for part, listing in listings:
        skipped += listing.skipped
        for file in listing.files:
            picture = LabelledPicture(path=file, label=label_of(file), part=part)
            try:
                yield picture, picture.read()
            except (DatasetError, MissingToolError) as error:
                skipped.append(Skipped(what=file.relative_to(path).as_posix(), reason=error.message))
            done += 1
            on_file(done, total)


def class_folder(path: Path, pictures: Sequence[LabelledPicture], skipped: Sequence[Skipped]) -> ClassFolder:
    """Return the pictures of `read_pictures` as one folder. Raises DatasetError if there is no picture."""
    if not pictures:
        raise none_usable(path, skipped, hint="replace them by PNG or JPEG files")
    labels = tuple(sorted({picture.label for picture in pictures}))
    return ClassFolder(root=path, labels=labels, pictures=tuple(pictures), skipped=tuple(skipped))


def _listings(path: Path) -> Iterator[tuple[Part | None, Listing]]:
    roots = split_roots(path)
    if not roots:
        yield None, labelled_files(path, PICTURES)
        return
    for part, root in roots.items():
        yield part, labelled_files(root, PICTURES, below=path)
    beside = (folder for folder in visible(path) if folder.is_dir() and folder not in roots.values())
    strays = sorted(
        file for folder in beside for file in files_below(folder) if file.suffix.lower() in PICTURES.suffixes
    )
    names = ", ".join(root.name for root in roots.values())
    told = (file.relative_to(path).as_posix() for file in strays)
    skipped = tuple(Skipped(what=what, reason=f"{what} is beside {names}, so in no part") for what in told)
    yield None, Listing(files=(), skipped=skipped)


def part_of_pictures(
    folder: ClassFolder, shares: PictureShares | None = None, *, use_lists: bool = True
) -> tuple[PictureSplitBy, list[Part]]:
    """Return the basis of the split, and the part of each picture of the folder, in its order.

    The set's own folders decide, or its lists; else the order of names: the first 70 % of each class are for training,
    then 15 % and 15 %. Frames that were captured one after another look alike, and a random split would put near twins
    on both sides. A part without a folder, or that no list names, is taken from the end of training in the same way.
    use_lists: use validation_list.txt and testing_list.txt if present.
    """
    shares = shares if shares is not None else PictureShares()
    by: PictureSplitBy = "folder" if any(picture.part for picture in folder) else "order"
    listed: dict[str, Part] = {}
    if by == "order" and use_lists and has_lists(folder.root):
        by, listed = "lists", read_lists(folder.root)
    parts: list[Part] = [picture.part or listed.get(picture.name, "training") for picture in folder]
    own = set(parts)
    tails: dict[Part, float] = {"validation": shares.validation, "testing": shares.testing / (1 - shares.validation)}
    for part, share in tails.items():
        if part not in own and share > 0:
            _move_tails(folder, parts, part, share)
    return by, parts


def _move_tails(folder: ClassFolder, parts: list[Part], part: Part, share: float) -> None:
    """Move the last share of each class's training pictures to another part; at least one picture each."""
    for label in folder.labels:
        mine = [
            index
            for index, picture in enumerate(folder.pictures)
            if picture.label == label and parts[index] == "training"
        ]
        for index in mine[len(mine) - max(1, round(len(mine) * share)) :]:
            parts[index] = part


def pictures_of_part(folder: ClassFolder, part: Part | None) -> ClassFolder:
    """Return a folder with the pictures of one part only, by the split that training makes; None: all of them.

    Raises DatasetError if it has none.
    """
    if part is None:
        return folder
    _, parts = part_of_pictures(folder)
    chosen = tuple(picture for picture, own in zip(folder, parts, strict=True) if own == part)
    if not chosen:
        counts = ", ".join(f"{parts.count(other):,} for {other}" for other in PARTS if other in parts)
        raise DatasetError(f"{folder.root}: no pictures for {part}; there are {counts}", hint="omit --part")
    labels = tuple(label for label in folder.labels if any(picture.label == label for picture in chosen))
    return replace(folder, pictures=chosen, labels=labels)
