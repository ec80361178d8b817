"""Class folders: <root>/<label>/<file>, the layout of captures and of most data sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tinyhost.audio.sound_file import SOUND_SUFFIXES
from tinyhost.datasets.skipped import Skipped
from tinyhost.errors import DatasetError
from tinyhost.protocol.labels import normal_label
from tinyhost.sensors.picture_file import PICTURE_SUFFIXES
from tinyhost.system.folders import files_below, is_side_file, visible

__all__ = [
    "EXPORT_LIST",
    "MOTION",
    "PICTURES",
    "SOUNDS",
    "Listing",
    "SampleKind",
    "files_of_label",
    "kind_of",
    "label_of",
    "labelled_files",
]


EXPORT_LIST = "info.labels"
"""the list of labels in an export of Edge Impulse"""


@dataclass(frozen=True, kw_only=True)
class SampleKind:
    """The kind of a data set's samples."""

    name: str
    """name in messages"""
    suffixes: frozenset[str]
    sensor: str
    """name for `tinyhost capture --sensor`"""
    example: str
    """of a file, below the data set's folder"""


PICTURES = SampleKind(name="pictures", suffixes=PICTURE_SUFFIXES, sensor="camera", example="person/000001.png")
SOUNDS = SampleKind(name="sounds", suffixes=SOUND_SUFFIXES, sensor="mic", example="yes/000001.wav")
MOTION = SampleKind(name="motion", suffixes=frozenset({".csv"}), sensor="imu", example="normal/000001.csv")


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The files of a data set, by label and name; none is read yet."""

    files: tuple[Path, ...]
    skipped: tuple[Skipped, ...]
    """unexpected files that are no samples"""


def label_of(file: Path) -> str:
    """Return the label of a file from its folder's name, in composed form: Macs decompose accents."""
    return normal_label(file.parent.name)


def kind_of(path: Path) -> SampleKind | None:
    """Return the most frequent kind of a data set's files, by their names: pictures, sounds or motion; None if it has
    none.
    """
    if not path.is_dir():
        return None
    kinds = (PICTURES, SOUNDS, MOTION)
    folders = (item for item in visible(path) if item.is_dir())
    suffixes = Counter(file.suffix.lower() for folder in folders for file in files_below(folder))
    counts = {kind.name: sum(suffixes[suffix] for suffix in kind.suffixes) for kind in kinds}
    most = max(kinds, key=lambda kind: counts[kind.name])
    return most if counts[most.name] else None


def labelled_files(path: Path, kind: SampleKind, *, below: Path | None = None) -> Listing:
    """Return the files `path/<label>/*` of a kind, and other files that may have been meant as samples.

    Files of systems and programs, text beside the samples, and files other than media beside the label folders are
    ignored. below: the folder that skipped files are named from; None: path. Raises DatasetError if the folder is
    missing or there is no file of the kind.
    """
    if not path.is_dir():
        what = "a file; expected a folder" if path.exists() else "no such folder"
        raise DatasetError(f"{path}: {what}", hint=f"capture one: tinyhost capture --sensor {kind.sensor} --label NAME")
    export = next((path / name for name in ("", "training", "testing") if (path / name / EXPORT_LIST).is_file()), None)
    if export is not None:
        raise DatasetError(
            f"{path}: an export of Edge Impulse ({EXPORT_LIST} is in {export}), whose folders are not labels",
            hint=f"tinyhost data import {path} data/NAME --format edge-impulse",
        )
    files: list[Path] = []
    skipped: list[Skipped] = []
    for item in visible(path):
        if item.is_dir():
            found = files_of_label(item, kind, below=below or path)
            files += found.files
            skipped += found.skipped
        elif item.suffix.lower() in PICTURE_SUFFIXES | SOUND_SUFFIXES:
            what = item.relative_to(below or path).as_posix()
            skipped.append(Skipped(what=what, reason=f"{what} is in no label's folder"))
    if not files:
        raise _none_found(path, kind, skipped)
    return Listing(files=tuple(files), skipped=tuple(skipped))


def _none_found(path: Path, kind: SampleKind, skipped: Sequence[Skipped]) -> DatasetError:
    left_out = f"; left out: {skipped[0]}" if skipped else ""
    left_out += f", and {len(skipped) - 1:,} more" if len(skipped) > 1 else ""
    return DatasetError(
        f"{path}: 0 classes; expected one folder of {kind.name} for each label, such as {path}/{kind.example}"
        f"{left_out}",
        hint="name the folder that holds the label folders",
    )


def files_of_label(folder: Path, kind: SampleKind, *, below: Path) -> Listing:
    """Return the files of one label; below: the data set, from which skipped files are named."""
    files, skipped = [], []
    for file in sorted(files_below(folder)):
        what = file.relative_to(below).as_posix()
        if file.suffix.lower() in kind.suffixes:
            if file.parent == folder:
                files.append(file)
            else:
                skipped.append(Skipped(what=what, reason=f"{what} is deeper than LABEL/FILE"))
        elif not is_side_file(file.name):
            expected = ", ".join(sorted(kind.suffixes))
            skipped.append(Skipped(what=what, reason=f"{what} is none of the {kind.name} that are read ({expected})"))
    return Listing(files=tuple(files), skipped=tuple(skipped))
