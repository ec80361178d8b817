"""What is in a data set, be it pictures or clips."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tinyhost.audio.wav import SAMPLE_RATE_HZ
from tinyhost.boards.scenes import PICTURE_SUFFIXES
from tinyhost.datasets.clips import Skipped, load_clip_folder
from tinyhost.datasets.folder import load_class_folder
from tinyhost.datasets.speech_commands import Shares, part_of_clips
from tinyhost.datasets.split import PARTS, Part

__all__ = ["DataDescription", "describe"]


@dataclass(frozen=True, kw_only=True)
class DataDescription:
    """A data set in figures."""

    root: Path
    kind: Literal["clips", "pictures"]
    labels: dict[str, int]
    """files of each label"""
    n_files: int
    seconds: float | None = None
    """of all clips; None for pictures"""
    n_speakers: int | None = None
    n_background: int | None = None
    split_by: str | None = None
    """what decides on a clip's part: lists, speaker or file"""
    parts: Mapping[Part, int] | None = None
    skipped: tuple[Skipped, ...] = ()


def describe(path: Path, *, on_file: Callable[[int, int], None] = lambda done, total: None) -> DataDescription:
    """Return what is in a data set. Raises DatasetError if it is none, or a picture is damaged."""
    if _has_pictures(path):
        pictures = load_class_folder(path)
        return DataDescription(root=path, kind="pictures", labels=pictures.counts(), n_files=len(pictures))
    clips = load_clip_folder(path, on_file=on_file)
    split_by, sides = part_of_clips(clips, Shares())
    return DataDescription(
        root=path,
        kind="clips",
        labels=clips.counts(),
        n_files=len(clips),
        seconds=clips.n_samples / SAMPLE_RATE_HZ,
        n_speakers=len(clips.speakers()),
        n_background=len(clips.background),
        split_by=split_by,
        parts={part: sides.count(part) for part in PARTS},
        skipped=clips.skipped,
    )


def _has_pictures(path: Path) -> bool:
    return path.is_dir() and any(file.suffix.lower() in PICTURE_SUFFIXES for file in path.glob("[!.]*/[!.]*"))
