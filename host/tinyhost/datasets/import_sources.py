"""Where samples are imported from: class folders, Edge Impulse, Common Voice. Nothing of them is read yet."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.keywords import CLIP_SAMPLES
from tinyhost.audio.levels import fit_length
from tinyhost.audio.sound_file import SOUND_SUFFIXES, native_sound, open_sound
from tinyhost.audio.speakers import SPEAKER_MARK, Part, speaker_of_file
from tinyhost.datasets.common_voice import list_single_words, read_clip
from tinyhost.datasets.edge_impulse import audio_pcm, read_acquisition
from tinyhost.datasets.edge_impulse_project import holds_export, list_export
from tinyhost.datasets.folder import MOTION, PICTURES, SOUNDS, kind_of, label_of, labelled_files
from tinyhost.datasets.motion_exchange import motion_of
from tinyhost.datasets.parts import has_lists, listed_name, read_lists
from tinyhost.datasets.pictures import split_roots
from tinyhost.datasets.skipped import Skipped
from tinyhost.errors import DatasetError
from tinyhost.motion.csv import read_motion_csv
from tinyhost.motion.recording import MotionRecording
from tinyhost.motion.units import NOTHING_SAID, MotionUnits
from tinyhost.sensors.picture_file import PICTURE_SUFFIXES, read_picture

__all__ = ["FORMATS", "Clip", "Content", "Format", "FoundSample", "ReadAs", "detect_format", "find_samples"]

Format = Literal["folder", "edge-impulse", "common-voice"]
FORMATS: tuple[Format, ...] = ("folder", "edge-impulse", "common-voice")


@dataclass(frozen=True, kw_only=True)
class Clip:
    """Sound as the boards would have heard it."""

    pcm: NDArray[np.int16]
    """(n,) at 16 kHz"""
    note: str = ""
    """a remark to be kept with it"""


Content = Clip | NDArray[np.uint8] | MotionRecording
"""sound; a picture, (height, width); motion"""
_SPEAKER = re.compile(rf"([^.]+){SPEAKER_MARK}")


@dataclass(frozen=True, kw_only=True)
class ReadAs:
    """How a person wants files to be read."""

    convert: bool = False
    """sound of other rates, channels and sample formats becomes 16 kHz, mono, 16 bit; else it is an error"""
    units: MotionUnits = NOTHING_SAID
    """of motion in CSV files"""


@dataclass(frozen=True, kw_only=True)
class FoundSample:
    """A sample that may be imported."""

    what: str
    """the file, below the source"""
    label: str
    speaker: str
    part: Part | None
    """as the source divides it; None: it does not"""
    read: Callable[[], Content]
    """raises DatasetError, MissingToolError if it cannot"""
    path: Path | None = None
    """of a file that may say more than its content"""


def detect_format(source: Path) -> Format:
    """Return what a source seems to be. Raises DatasetError if it is not there."""
    if source.suffix == ".tsv" or (source.is_dir() and any(source.glob("*.tsv"))):
        return "common-voice"
    if not source.is_dir():
        raise DatasetError(f"{source}: no such folder", hint="name the folder to import")
    return "edge-impulse" if holds_export(source) else "folder"


def find_samples(source: Path, format: Format, read_as: ReadAs) -> list[FoundSample]:
    """Return the samples of a source, not read yet; what is none, and may have been meant as one, is unreadable.

    Raises DatasetError if the source as a whole is no data set of the format.
    """
    return list(_SOURCES[format](source, read_as))


def _folder(source: Path, read_as: ReadAs) -> Iterator[FoundSample]:
    """Yield the files of label/*; a part is what the folder's own lists say, or whose folder pictures are in."""
    kind = kind_of(source) or SOUNDS
    roots: dict[Part, Path] = split_roots(source) if kind is PICTURES else {}
    listed = read_lists(source) if has_lists(source) else None
    for part, root in roots.items() or [(None, source)]:
        listing = labelled_files(root, kind)
        yield from map(_unreadable, listing.skipped)
        for path in listing.files:
            yield FoundSample(
                what=path.relative_to(source).as_posix(),
                label=label_of(path),
                speaker=speaker_of_file(path.name) if SPEAKER_MARK in path.name else "",
                part=part if listed is None else listed.get(listed_name(path), "training"),
                read=_reader(path, read_as),
                path=path,
            )


def _unreadable(left_out: Skipped) -> FoundSample:
    """Return what an import tells like any file that it cannot use."""

    def read() -> Content:
        raise DatasetError(left_out.reason)

    return FoundSample(what=left_out.what, label=left_out.what.split("/")[0], speaker="", part=None, read=read)


def _edge_impulse(source: Path, read_as: ReadAs) -> Iterator[FoundSample]:
    export = list_export(source)
    if not export.files and not export.skipped:
        raise DatasetError(f"{source}: no samples in it", hint="name the folder of an Edge Impulse export")
    yield from map(_unreadable, export.skipped)
    for file in export.files:
        yield FoundSample(
            what=file.path.relative_to(source).as_posix(),
            label=file.label,
            speaker=speaker[1] if (speaker := _SPEAKER.search(file.path.name)) else "",
            part=file.part,
            read=_reader(file.path, read_as),
            path=file.path,
        )


def _common_voice(source: Path, read_as: ReadAs) -> Iterator[FoundSample]:
    del read_as  # its clips are never 16 kHz: they are always converted
    root = source if source.is_dir() else source.parent
    for spoken in list_single_words(source):
        yield FoundSample(
            what=spoken.path.relative_to(root).as_posix(),
            label=spoken.word,
            speaker=spoken.speaker,
            part=None,
            read=_second_reader(spoken.path),
            path=spoken.path,
        )


def _reader(path: Path, read_as: ReadAs) -> Callable[[], Content]:
    """Return what reads a file, by the ending of its name."""
    suffix = path.suffix.lower()
    if suffix in SOUND_SUFFIXES:
        return lambda: _read_clip(path, read_as)
    if suffix in PICTURE_SUFFIXES:
        return lambda: read_picture(path)
    if suffix in MOTION.suffixes:
        return lambda: read_motion_csv(path, read_as.units)

    def read() -> Content:
        acquisition = read_acquisition(path)
        if acquisition.is_audio:
            return Clip(pcm=audio_pcm(acquisition, str(path), convert=read_as.convert))
        return motion_of(acquisition, str(path))

    return read


def _read_clip(path: Path, read_as: ReadAs) -> Clip:
    pcm, note = native_sound(open_sound(path), str(path), convert=read_as.convert)
    return Clip(pcm=pcm, note=note)


def _second_reader(path: Path) -> Callable[[], Content]:
    """Common Voice's clips have seconds of silence around the word: keep the loudest second."""
    return lambda: Clip(pcm=fit_length(read_clip(path), CLIP_SAMPLES))


_SOURCES: dict[Format, Callable[[Path, ReadAs], Iterator[FoundSample]]] = {
    "folder": _folder,
    "edge-impulse": _edge_impulse,
    "common-voice": _common_voice,
}
