"""What is in a data set, be it pictures, clips, sounds of machines or time series."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tinyhost.audio.speakers import PARTS, Part
from tinyhost.audio.wav import SAMPLE_RATE_HZ
from tinyhost.boards.scenes import PICTURE_SUFFIXES
from tinyhost.datasets.clips import Skipped, load_clip_folder
from tinyhost.datasets.folder import load_class_folder
from tinyhost.datasets.machine_sounds import MachineSounds, holds_machine_sounds, load_machine_sounds
from tinyhost.datasets.speech_commands import Shares, part_of_clips
from tinyhost.datasets.ucr import find_ucr, read_ucr

__all__ = ["DataDescription", "describe"]


@dataclass(frozen=True, kw_only=True)
class DataDescription:
    """A data set in figures."""

    root: Path
    kind: Literal["clips", "pictures", "machines", "series"]
    labels: dict[str, int]
    """files, or series, of each label"""
    n_files: int
    """or series"""
    machines: dict[str, int] | None = None
    """files of each machine; None if it is not about machines"""
    length: int | None = None
    """values of a time series"""
    seconds: float | None = None
    """of all sound; None without sound"""
    n_speakers: int | None = None
    n_background: int | None = None
    split_by: str | None = None
    """what decides on a part: lists, speaker, file or folder"""
    parts: Mapping[Part, int] | None = None
    skipped: tuple[Skipped, ...] = ()


def describe(path: Path, *, on_file: Callable[[int, int], None] = lambda done, total: None) -> DataDescription:
    """Return what is in a data set. Raises DatasetError if it is none, or a picture is damaged."""
    if find_ucr(path) is not None:
        return _describe_series(path)
    if _has_pictures(path):
        pictures = load_class_folder(path)
        return DataDescription(root=path, kind="pictures", labels=pictures.counts(), n_files=len(pictures))
    if path.is_dir() and holds_machine_sounds(path):
        return _describe_machines(load_machine_sounds(path, convert=True, on_file=on_file))
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


def _describe_series(path: Path) -> DataDescription:
    found = read_ucr(path)
    counts = found.counts()
    return DataDescription(
        root=path,
        kind="series",
        labels=counts,
        n_files=sum(counts.values()),
        length=found.train.length,
        split_by="folder",
        parts={"training": len(found.train), "testing": len(found.test)},
        skipped=(*found.train.skipped, *found.test.skipped),
    )


def _describe_machines(found: MachineSounds) -> DataDescription:
    states = Counter({True: "anomaly", False: "normal", None: "not known"}[clip.anomalous] for clip in found.clips)
    n_training = sum(clip.part == "train" for clip in found.clips)
    return DataDescription(
        root=found.root,
        kind="machines",
        labels=dict(sorted(states.items())),
        n_files=len(found.clips),
        machines={name: len(clips) for name, clips in found.machines().items()},
        seconds=found.seconds,
        split_by="folder" if found.layout == "dcase" else "file",
        parts={"training": n_training, "testing": len(found.clips) - n_training},
        skipped=found.skipped,
    )


def _has_pictures(path: Path) -> bool:
    return path.is_dir() and any(file.suffix.lower() in PICTURE_SUFFIXES for file in path.glob("[!.]*/[!.]*"))
