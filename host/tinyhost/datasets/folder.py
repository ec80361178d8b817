"""Class folders: <root>/<label>/<picture or clip>, as capture writes them and as the world ships them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.boards.scenes import PICTURE_SUFFIXES, decode_picture
from tinyhost.datasets.skipped import Skipped, none_usable
from tinyhost.errors import DatasetError

__all__ = ["ClassFolder", "LabelledPicture", "labelled_files", "load_class_folder", "read_picture"]


@dataclass(frozen=True, kw_only=True)
class LabelledPicture:
    """One picture on disk and its class."""

    path: Path
    label: str

    def read(self) -> NDArray[np.uint8]:
        """Return the pixels, (height, width) grey levels."""
        return read_picture(self.path)


@dataclass(frozen=True, kw_only=True)
class ClassFolder:
    """A folder of labelled pictures, in the order of label and name."""

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
        return {label: sum(picture.label == label for picture in self.pictures) for label in self.labels}


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Return a picture's pixels, (height, width) grey levels; colours are converted.

    Raises DatasetError if the file is missing or no picture.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror or error}", hint="check the path") from error
    pixels = decode_picture(data)
    if pixels is None:
        raise DatasetError(f"{path}: not a picture that can be read ({len(data)} bytes)", hint="delete or replace it")
    return pixels


def labelled_files(path: Path, suffixes: Collection[str], *, sensor: str, example: str) -> list[Path]:
    """Return the files `path/<label>/*` with one of the suffixes, by label and name; hidden ones are passed over.

    Raises DatasetError if the folder is missing or there is no such file; sensor and example are for its hint.
    """
    if not path.is_dir():
        what = "a file; expected a folder" if path.exists() else "no such folder"
        raise DatasetError(f"{path}: {what}", hint=f"capture one: tinyhost capture --sensor {sensor} --label NAME")
    files = [
        file
        for folder in sorted(path.iterdir())
        if folder.is_dir() and not folder.name.startswith(".")
        for file in sorted(folder.iterdir())
        if file.suffix.lower() in suffixes and not file.name.startswith(".")
    ]
    if not files:
        raise DatasetError(
            f"{path}: 0 classes; expected one folder of files for each label, such as {path}/{example}",
            hint="name the folder that holds the label folders",
        )
    return files


def load_class_folder(path: Path) -> ClassFolder:
    """Return the labelled pictures of a folder that holds one folder per class.

    Every picture is decoded once to check it; one that does not decode is skipped and told. Folders without pictures,
    hidden files and other files are passed over. Raises DatasetError if the folder is missing, holds no class, or no
    picture of it can be used.
    """
    pictures, skipped = [], []
    for file in labelled_files(path, PICTURE_SUFFIXES, sensor="camera", example="person/000001.png"):
        picture = LabelledPicture(path=file, label=file.parent.name)
        try:
            picture.read()
        except DatasetError as error:
            skipped.append(Skipped(what=str(file.relative_to(path)), reason=error.message))
        else:
            pictures.append(picture)
    if not pictures:
        raise none_usable(path, skipped, hint="replace them by PNG or JPEG files")
    labels = tuple(sorted({picture.label for picture in pictures}))
    return ClassFolder(root=path, labels=labels, pictures=tuple(pictures), skipped=tuple(skipped))
