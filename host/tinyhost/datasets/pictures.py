"""Labelled pictures of a folder tree, checked and split, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tinyhost.datasets.folder import PICTURES, files_of_label
from tinyhost.datasets.skipped import Skipped, none_usable
from tinyhost.errors import DatasetError, MissingToolError
from tinyhost.protocol.labels import normal_label
from tinyhost.sensors.picture_file import read_picture
from tinyhost.system.folders import visible

__all__ = ["PICTURE_SIZE", "PictureSet", "Splits", "load_splits"]

PICTURE_SIZE = 96
SPLITS = ("train", "val", "test")
_VAL_SHARE = _TEST_SHARE = 0.15
_Picture = tuple[Path, NDArray[np.uint8]]
_TREE_HINT = "expected <folder>/<label>/*.png, or <folder>/train/<label>/*.png with val and test beside it"


@dataclass(frozen=True, kw_only=True)
class PictureSet:
    """Pictures and their classes.

    pictures: (n, 96, 96) uint8 grey levels; classes: (n,) int64 indices into the labels; paths: n files.
    """

    pictures: NDArray[np.uint8]
    classes: NDArray[np.int64]
    paths: tuple[Path, ...]

    def __len__(self) -> int:
        return len(self.classes)


@dataclass(frozen=True, kw_only=True)
class Splits:
    """What is learned from, what chooses the best epoch, and what is only measured on."""

    labels: tuple[str, ...]
    train: PictureSet
    val: PictureSet
    test: PictureSet
    skipped: tuple[Skipped, ...] = ()
    """files that cannot be used"""

    def __len__(self) -> int:
        return len(self.train) + len(self.val) + len(self.test)


def load_splits(folder: Path, labels: tuple[str, ...] = (), *, min_per_class: int = 10) -> Splits:
    """Return the pictures of a folder tree in three splits; labels: by default the names of its folders.

    A tree without `train/` is split here, by file name: the first 70 % of each class for training,
    then 15 % and 15 %. Frames that were captured one after another look alike, and a random split
    would put near twins on both sides. A missing `val/` or `test/` beside `train/` is taken from
    the end of `train/` in the same way.

    A file that is no picture is skipped and told. Raises DatasetError if a class is missing, unexpected or too small.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DatasetError(f"{folder}: no such folder", hint=_TREE_HINT)
    has_splits = (folder / "train").is_dir()
    root = folder / "train" if has_splits else folder
    labels = tuple(map(normal_label, labels)) or tuple(_folders(root))
    skipped: list[Skipped] = []
    found = {"train": _class_pictures(root, labels, skipped)}
    for split, share in (("val", _VAL_SHARE), ("test", _TEST_SHARE)):
        if has_splits and (folder / split).is_dir():
            found[split] = _class_pictures(folder / split, labels, skipped)
        else:
            found[split] = _cut_tail(found["train"], share / (1 - _TEST_SHARE * (split == "test")))
    _check_counts(found["train"], root, min_per_class)
    sets = {split: _picture_set(found[split]) for split in SPLITS}
    return Splits(labels=labels, train=sets["train"], val=sets["val"], test=sets["test"], skipped=tuple(skipped))


def _folders(root: Path) -> dict[str, list[Path]]:
    """Return the folders by label, sorted; two whose names differ only in how accents are written have one label."""
    folders: dict[str, list[Path]] = {}
    for path in visible(root):
        if path.is_dir():
            folders.setdefault(normal_label(path.name), []).append(path)
    return {label: sorted(folders[label]) for label in sorted(folders)}


def _class_pictures(root: Path, labels: tuple[str, ...], skipped: list[Skipped]) -> list[list[_Picture]]:
    """Return the pictures of each label under root, by name; what is none goes to `skipped`."""
    found = _folders(root)
    missing = [label for label in labels if label not in found]
    if missing:
        raise DatasetError(
            f"{root}: no folder for class {', '.join(missing)}; "
            f"expected {', '.join(labels)}, got {', '.join(found) or 'no folders'}",
            hint=f"capture the missing class with `tinyhost capture --label {missing[0]}`; {_TREE_HINT}",
        )
    extra = sorted(set(found) - set(labels))
    if extra:
        raise DatasetError(
            f"{root}: folders that are no class of this model: {', '.join(extra)}; expected only {', '.join(labels)}",
            hint="rename or move them, or give the labels to train on",
        )
    return [[picture for folder in found[label] for picture in _pictures(folder, skipped)] for label in labels]


def _pictures(folder: Path, skipped: list[Skipped]) -> list[_Picture]:
    listing = files_of_label(folder, PICTURES, below=folder.parent)
    if not listing.files and not listing.skipped:
        raise DatasetError(
            f"{folder}: no pictures; expected files ending in {', '.join(sorted(PICTURES.suffixes))}",
            hint=f"capture some with `tinyhost capture --label {folder.name}`",
        )
    pictures, unusable = [], list(listing.skipped)
    for path in listing.files:
        try:
            pictures.append((path, _read(path)))
        except (DatasetError, MissingToolError) as error:
            unusable.append(Skipped(what=f"{folder.name}/{path.name}", reason=error.message))
    if not pictures:
        raise none_usable(folder, unusable, hint="replace them by PNG or JPEG files")
    skipped += unusable
    return pictures


def _cut_tail(classes: list[list[_Picture]], share: float) -> list[list[_Picture]]:
    """Move the last `share` of every class out of `classes` and return it; at least one picture each."""
    tails = []
    for pictures in classes:
        n_tail = max(1, round(len(pictures) * share))
        tails.append(pictures[len(pictures) - n_tail :])
        del pictures[len(pictures) - n_tail :]
    return tails


def _check_counts(classes: list[list[_Picture]], root: Path, min_per_class: int) -> None:
    counts = [len(pictures) for pictures in classes]
    if min(counts) < min_per_class:
        raise DatasetError(
            f"{root}: too few pictures to train on; expected at least {min_per_class} per class "
            f"after val and test are set aside, got {', '.join(map(str, counts))}",
            hint="capture more; a few hundred per class, in varied light, is a good start",
        )


def _picture_set(classes: list[list[_Picture]]) -> PictureSet:
    found = [picture for pictures in classes for picture in pictures]
    return PictureSet(
        pictures=np.stack([pixels for _, pixels in found]),
        classes=np.asarray([index for index, pictures in enumerate(classes) for _ in pictures], np.int64),
        paths=tuple(path for path, _ in found),
    )


def _read(path: Path) -> NDArray[np.uint8]:
    """Return the middle square of a picture file as (96, 96) grey levels."""
    picture = read_picture(path)
    height, width = picture.shape
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = picture[top : top + side, left : left + side]
    if side == PICTURE_SIZE:
        return square
    scaled = cv2.resize(square, (PICTURE_SIZE, PICTURE_SIZE), interpolation=cv2.INTER_AREA)
    return scaled.astype(np.uint8, copy=False)
