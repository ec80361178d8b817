"""Labelled pictures of a folder tree, checked and split, as arrays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.speakers import PARTS, Part
from tinyhost.boards.scenes import fit_picture
from tinyhost.datasets.folder import PICTURES
from tinyhost.datasets.pictures import (
    ClassFolder,
    LabelledPicture,
    class_folder,
    part_of_pictures,
    read_pictures,
    split_roots,
)
from tinyhost.datasets.skipped import Skipped, none_usable
from tinyhost.errors import DatasetError
from tinyhost.protocol.labels import normal_label
from tinyhost.system.folders import visible

__all__ = ["PICTURE_SIZE", "PictureSet", "Splits", "load_splits"]

PICTURE_SIZE = 96
_TREE_HINT = "expected <folder>/<label>/*.png, or <folder>/train/<label>/*.png with val and test beside it"


@dataclass(frozen=True, kw_only=True)
class PictureSet:
    """Pictures and their classes.

    pictures: (n, size, size) uint8 grey levels; classes: (n,) int64 indices into the labels; paths: n files.
    """

    pictures: NDArray[np.uint8]
    classes: NDArray[np.int64]
    paths: tuple[Path, ...]

    def __len__(self) -> int:
        return len(self.classes)

    def only(self, chosen: NDArray[np.int64]) -> PictureSet:
        """Return the pictures at some indices (n,)."""
        paths = tuple(self.paths[index] for index in chosen)
        return PictureSet(pictures=self.pictures[chosen], classes=self.classes[chosen], paths=paths)


@dataclass(frozen=True, kw_only=True)
class Splits:
    """The pictures for training, validation (which chooses the best epoch) and testing."""

    labels: tuple[str, ...]
    train: PictureSet
    val: PictureSet
    test: PictureSet
    skipped: tuple[Skipped, ...] = ()
    """files that cannot be used"""

    def __len__(self) -> int:
        return len(self.train) + len(self.val) + len(self.test)


def load_splits(
    folder: Path, labels: tuple[str, ...] = (), *, min_per_class: int = 10, size: int = PICTURE_SIZE
) -> Splits:
    """Return the pictures of a folder tree in three splits; labels: by default the names of its folders.

    size: of a side in pixels, to which they are cut and scaled as on the board.

    `part_of_pictures` determines the split. Unusable files are skipped and reported. Raises
    DatasetError if a class is missing, unexpected or too small.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder}: no such folder", hint=_TREE_HINT)
    roots = split_roots(folder) or {"training": folder}
    labels = tuple(map(normal_label, labels)) or tuple(sorted(set(map(_label, _folders(roots["training"])))))
    for root in roots.values():
        _check_classes(root, labels)
    skipped: list[Skipped] = []
    read = [(picture, fit_picture(pixels, size, size)) for picture, pixels in read_pictures(folder, skipped)]
    found = class_folder(folder, [picture for picture, _ in read], skipped)
    for label in labels:
        if label not in found.labels:
            own = [item for item in skipped if f"{label}/" in item.what]
            raise _no_pictures(roots["training"] / label, own)
    sides = part_of_pictures(found)[1]
    _check_counts(found, sides, labels, min_per_class)
    sets = {part: _picture_set(read, sides, labels, part) for part in PARTS}
    return Splits(
        labels=labels,
        train=sets["training"],
        val=sets["validation"],
        test=sets["testing"],
        skipped=found.skipped,
    )


def _folders(root: Path) -> tuple[Path, ...]:
    return tuple(path for path in visible(root) if path.is_dir())


def _label(folder: Path) -> str:
    return normal_label(folder.name)


def _check_classes(root: Path, labels: tuple[str, ...]) -> None:
    """Raise DatasetError unless there is a folder for each label, and no other."""
    found = tuple(map(_label, _folders(root)))
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
            hint="rename or move them, or name the labels to train on",
        )


def _no_pictures(folder: Path, skipped: Sequence[Skipped]) -> DatasetError:
    if skipped:
        return none_usable(folder, skipped, hint="replace them by PNG or JPEG files")
    return DatasetError(
        f"{folder}: no pictures; expected files ending in {', '.join(sorted(PICTURES.suffixes))}",
        hint=f"capture some with `tinyhost capture --label {folder.name}`",
    )


def _check_counts(found: ClassFolder, sides: Sequence[Part], labels: tuple[str, ...], min_per_class: int) -> None:
    counts = Counter(picture.label for picture, side in zip(found, sides, strict=True) if side == "training")
    if min(counts[label] for label in labels) < min_per_class:
        raise DatasetError(
            f"{found.root}: too few pictures to train on; expected at least {min_per_class} per class "
            f"after val and test are held out, got {', '.join(str(counts[label]) for label in labels)}",
            hint="capture more; a few hundred per class, in varied light, is a good start",
        )


def _picture_set(
    read: Sequence[tuple[LabelledPicture, NDArray[np.uint8]]],
    sides: Sequence[Part],
    labels: tuple[str, ...],
    part: Part,
) -> PictureSet:
    """Return the pictures of a part, by class and name."""
    mine = [item for item, side in zip(read, sides, strict=True) if side == part]
    mine.sort(key=lambda item: labels.index(item[0].label))
    return PictureSet(
        pictures=np.stack([pixels for _, pixels in mine]),
        classes=np.asarray([labels.index(picture.label) for picture, _ in mine], np.int64),
        paths=tuple(picture.path for picture, _ in mine),
    )
