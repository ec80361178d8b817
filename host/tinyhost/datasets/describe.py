"""Description of a data set of pictures, clips, sounds of machines, motion or time series."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.audio.speakers import Part
from tinyhost.datasets.clips import load_clip_folder
from tinyhost.datasets.folder import MOTION, PICTURES, kind_of
from tinyhost.datasets.machine_sounds import MachineSounds, holds_machine_sounds, load_machine_sounds
from tinyhost.datasets.motion import MotionSet, read_motion_folder
from tinyhost.datasets.parts import counts_of
from tinyhost.datasets.pictures import ClassFolder, load_class_folder, part_of_pictures
from tinyhost.datasets.skipped import Skipped
from tinyhost.datasets.speech_commands import Shares, part_of_clips
from tinyhost.datasets.ucr import ClassColumn, find_ucr, read_ucr
from tinyhost.motion.units import UNSTATED_UNITS, MotionUnits

__all__ = ["DataDescription", "describe"]


@dataclass(frozen=True, kw_only=True)
class DataDescription:
    """`tinyhost data info SET --json FILE`."""

    schema: Literal["tinyhost.data/1"] = "tinyhost.data/1"
    folder: Path
    kind: Literal["clips", "pictures", "machines", "motion", "series"]
    labels: dict[str, int]
    """files, or time series, by label; of machines the labels are `normal`, `anomaly`, `not known`"""
    files: int
    """files, or time series, of all labels"""
    machines: dict[str, int] | None = None
    """files, by machine; null unless the kind is `machines`"""
    length: int | None = None
    """values of each time series; null unless the kind is `series`"""
    seconds: float | None = None
    """of all sound or motion; null without either"""
    rate_hz: float | None = None
    """samples a second; null unless the kind is `motion`"""
    left_out_s: Mapping[str, float] | None = None
    """seconds of recordings labelled `normal` that training leaves out, by what is wrong with the sensor: `stuck`,
    `saturated`; null unless the kind is `motion`"""
    issues: tuple[str, ...] = ()
    """problems of recordings of motion, and assumptions about them"""
    speakers: int | None = None
    """that the files' names tell apart; null unless the kind is `clips`"""
    background_files: int | None = None
    """in `_background_noise_`; null unless the kind is `clips`"""
    split_by: str | None = None
    """basis of the split: `lists`, `speaker`, `file`, `folder`, or `order` (of the names in each class); null for
    motion without lists
    """
    parts: Mapping[Part, int] | None = None
    """files, by part: `training`, `validation` (clips and pictures), `testing`; null for motion without lists"""
    skipped: tuple[Skipped, ...] = ()
    """files that cannot be used"""


def describe(
    path: Path,
    *,
    class_column: ClassColumn | None = None,
    units: MotionUnits = UNSTATED_UNITS,
    on_file: Callable[[int, int], None] = lambda done, total: None,
) -> DataDescription:
    """Return the description of a data set. Raises DatasetError if it is none, or nothing of it can be used.

    class_column: the column of the class in tables of time series; None: it is detected. units: of motion.
    """
    if find_ucr(path) is not None:
        return _describe_series(path, class_column)
    kind = kind_of(path)
    if kind is PICTURES:
        return _describe_pictures(load_class_folder(path, on_file=on_file))
    if kind is MOTION:
        return _describe_motion(read_motion_folder(path, units, on_file=on_file), path)
    if path.is_dir() and holds_machine_sounds(path):
        return _describe_machines(load_machine_sounds(path, convert=True, on_file=on_file))
    clips = load_clip_folder(path, on_file=on_file)
    split_by, sides = part_of_clips(clips, Shares())
    return DataDescription(
        folder=path,
        kind="clips",
        labels=clips.counts(),
        files=len(clips),
        seconds=clips.n_samples / SAMPLE_RATE_HZ,
        speakers=len(clips.speakers()),
        background_files=len(clips.background),
        split_by=split_by,
        parts=counts_of(sides),
        skipped=clips.skipped,
    )


def _describe_pictures(found: ClassFolder) -> DataDescription:
    split_by, sides = part_of_pictures(found)
    return DataDescription(
        folder=found.root,
        kind="pictures",
        labels=found.counts(),
        files=len(found),
        split_by=split_by,
        parts=counts_of(sides),
        skipped=found.skipped,
    )


def _describe_motion(found: MotionSet, path: Path) -> DataDescription:
    parts = found.parts()
    return DataDescription(
        folder=path,
        kind="motion",
        labels=dict(sorted(Counter(run.label for run in found.runs).items())),
        files=len(found),
        seconds=found.seconds,
        rate_hz=found.rate_hz,
        left_out_s=found.left_out_s(),
        issues=found.notes,
        split_by="lists" if parts else None,
        parts=parts,
        skipped=found.skipped,
    )


def _describe_series(path: Path, class_column: ClassColumn | None) -> DataDescription:
    found = read_ucr(path, class_column=class_column)
    counts = found.counts()
    return DataDescription(
        folder=path,
        kind="series",
        labels=counts,
        files=sum(counts.values()),
        length=found.train.length,
        split_by="folder",
        parts={"training": len(found.train), "testing": len(found.test)},
        skipped=(*found.train.skipped, *found.test.skipped),
    )


def _describe_machines(found: MachineSounds) -> DataDescription:
    states = Counter(clip.state for clip in found.clips)
    n_training = sum(clip.part == "train" for clip in found.clips)
    return DataDescription(
        folder=found.root,
        kind="machines",
        labels=dict(sorted(states.items())),
        files=len(found.clips),
        machines={name: len(clips) for name, clips in found.machines().items()},
        seconds=found.seconds,
        split_by="folder" if found.layout == "dcase" else "file",
        parts={"training": n_training, "testing": len(found.clips) - n_training},
        skipped=found.skipped,
    )
