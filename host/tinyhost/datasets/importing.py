"""Clips and motion from elsewhere into a data set of ours: class folders, Edge Impulse, Common Voice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.keywords import CLIP_SAMPLES
from tinyhost.audio.levels import fit_length
from tinyhost.audio.sound_file import read_sound
from tinyhost.audio.speakers import SPEAKER_MARK, speaker_of_file
from tinyhost.datasets.capture import Recording, store_motion
from tinyhost.datasets.common_voice import list_single_words, read_clip
from tinyhost.datasets.edge_impulse import audio_pcm, read_acquisition
from tinyhost.datasets.edge_impulse_project import INFO_NAME, list_export
from tinyhost.datasets.folder import SOUNDS, label_of, labelled_files
from tinyhost.datasets.motion_exchange import motion_of
from tinyhost.datasets.skipped import Skipped
from tinyhost.datasets.store import BACKGROUND_LABEL, DatasetStore, Origin, validate_label
from tinyhost.errors import DatasetError, MissingToolError
from tinyhost.protocol.labels import normal_label
from tinyhost.system.wording import counted

__all__ = [
    "FORMATS",
    "Format",
    "FoundClip",
    "ImportDocument",
    "ImportReport",
    "detect_format",
    "find_clips",
    "import_clips",
]

Format = Literal["folder", "edge-impulse", "common-voice"]
FORMATS: tuple[Format, ...] = ("folder", "edge-impulse", "common-voice")
_SPEAKER = re.compile(rf"([^.]+){SPEAKER_MARK}")
_SHORTEST = 1600  # 0.1 s: no word is shorter


@dataclass(frozen=True, kw_only=True)
class FoundClip:
    """A clip or a recording of motion that may be imported; `read` raises DatasetError if it cannot."""

    what: str
    label: str
    speaker: str
    read: Callable[[], NDArray[np.int16] | Recording]


@dataclass(kw_only=True)
class ImportReport:
    """What an import did; it stays right when the import is interrupted."""

    format: Format
    stored: Counter[str] = field(default_factory=Counter)
    """clips by label"""
    skipped: list[Skipped] = field(default_factory=list)
    """what could not be used, with the reason"""
    not_wanted: int = 0
    """clips of words that were not asked for"""


@dataclass(frozen=True, kw_only=True)
class ImportDocument:
    """`tinyhost data import SOURCE SET --json FILE`. Exits 1 if no clip could be used."""

    schema: Literal["tinyhost.data_import/1"] = "tinyhost.data_import/1"
    source: Path
    folder: Path
    """the data set"""
    format: Format
    stored: Mapping[str, int]
    """clips that were stored, by label"""
    skipped: tuple[Skipped, ...]
    """what could not be used"""
    not_wanted: int
    """clips of labels that `--words` leaves out"""

    @classmethod
    def of(cls, report: ImportReport, source: Path, folder: Path) -> ImportDocument:
        """Return the document of an import."""
        return cls(
            source=source,
            folder=folder,
            format=report.format,
            stored=dict(sorted(report.stored.items())),
            skipped=tuple(report.skipped),
            not_wanted=report.not_wanted,
        )


def detect_format(source: Path) -> Format:
    """Return what a source seems to be. Raises DatasetError if it is not there."""
    if source.suffix == ".tsv" or (source.is_dir() and any(source.glob("*.tsv"))):
        return "common-voice"
    if not source.is_dir():
        raise DatasetError(f"{source}: no such folder", hint="name the folder to import")
    has_json = (source / INFO_NAME).is_file() or any(source.rglob("*.json"))
    return "edge-impulse" if has_json and not any(source.glob("*/*.wav")) else "folder"


def find_clips(source: Path, format: Format, *, convert: bool = False) -> list[FoundClip]:
    """Return the clips of a source, not read yet; what is none of them, and may have been meant as one, is unreadable.

    convert: bring other rates, channels and sample formats to 16 kHz, mono, 16 bit; without it, reading them is an
    error. Raises DatasetError if the source as a whole is no data set of the format.
    """
    return list(_SOURCES[format](source, convert))


def import_clips(
    clips: Iterable[FoundClip],
    store: DatasetStore,
    report: ImportReport,
    *,
    source: Path,
    words: Iterable[str] = (),
    on_clip: Callable[[], None] = lambda: None,
) -> None:
    """Store clips of a source; `report` counts them as they come.

    words: only these labels, and the background; none: all. A file that cannot be used, or whose decoder is not
    installed, is skipped and told; nothing is lost without a word.
    """
    wanted = set(map(normal_label, words))
    origin = Origin(
        sensor="import", board="", device="", app="", firmware_version="", build_id="", scene=str(source.resolve())
    )
    for found in clips:
        if wanted and normal_label(found.label) not in wanted and found.label != BACKGROUND_LABEL:
            report.not_wanted += 1
        else:
            _store_one(found, store, origin, report)
        on_clip()


def _store_one(found: FoundClip, store: DatasetStore, origin: Origin, report: ImportReport) -> None:
    try:
        pcm = found.read()
        label = validate_label(found.label)
        if isinstance(pcm, Recording):
            store_motion(store, pcm, label, origin, scene_item=found.what)
            report.stored[label] += 1
            return
        if len(pcm) < _SHORTEST:
            raise DatasetError(f"{found.what}: {counted(len(pcm), 'sample')}, shorter than 0.1 s")
    except (DatasetError, MissingToolError) as error:
        report.skipped.append(Skipped(what=found.what, reason=error.message))
        return
    store.add_clip(pcm, label, origin, speaker=found.speaker, scene_item=found.what)
    report.stored[label] += 1


def _folder(source: Path, convert: bool) -> Iterator[FoundClip]:
    listing = labelled_files(source, SOUNDS)
    yield from map(_unreadable, listing.skipped)
    for path in listing.files:
        yield FoundClip(
            what=path.relative_to(source).as_posix(),
            label=label_of(path),
            speaker=speaker_of_file(path.name) if SPEAKER_MARK in path.name else "",
            read=_reader(path, convert),
        )


def _unreadable(left_out: Skipped) -> FoundClip:
    """Return what an import tells like any file that it cannot use."""

    def read() -> NDArray[np.int16]:
        raise DatasetError(left_out.reason)

    return FoundClip(what=left_out.what, label=left_out.what.split("/")[0], speaker="", read=read)


def _edge_impulse(source: Path, convert: bool) -> Iterator[FoundClip]:
    n_found = 0
    for file in list_export(source):
        n_found += 1
        yield FoundClip(
            what=file.path.relative_to(source).as_posix(),
            label=file.label,
            speaker=speaker[1] if (speaker := _SPEAKER.search(file.path.name)) else "",
            read=_acquisition_reader(file.path, convert),
        )
    if n_found == 0:
        raise DatasetError(f"{source}: no .json file in it", hint="name the folder of an Edge Impulse export")


def _common_voice(source: Path, convert: bool) -> Iterator[FoundClip]:
    del convert  # its clips are never 16 kHz: they always are
    root = source if source.is_dir() else source.parent
    for spoken in list_single_words(source):
        yield FoundClip(
            what=spoken.path.relative_to(root).as_posix(),
            label=spoken.word,
            speaker=spoken.speaker,
            read=_second_reader(spoken.path),
        )


def _reader(path: Path, convert: bool) -> Callable[[], NDArray[np.int16]]:
    return lambda: read_sound(path, convert=convert)


def _acquisition_reader(path: Path, convert: bool) -> Callable[[], NDArray[np.int16] | Recording]:
    if path.suffix == ".wav":
        return _reader(path, convert)

    def read() -> NDArray[np.int16] | Recording:
        acquisition = read_acquisition(path)
        if acquisition.is_audio:
            return audio_pcm(acquisition, str(path), convert=convert)
        return motion_of(acquisition, str(path))

    return read


def _second_reader(path: Path) -> Callable[[], NDArray[np.int16]]:
    """Common Voice's clips have seconds of silence around the word: keep the loudest second."""
    return lambda: fit_length(read_clip(path), CLIP_SAMPLES)


_SOURCES: dict[Format, Callable[[Path, bool], Iterator[FoundClip]]] = {
    "folder": _folder,
    "edge-impulse": _edge_impulse,
    "common-voice": _common_voice,
}
