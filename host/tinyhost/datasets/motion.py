"""Recordings of motion with labels: read from a folder of CSV files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.speakers import Part
from tinyhost.datasets.folder import MOTION, labelled_files
from tinyhost.datasets.parts import counts_of, has_lists, listed_name, read_lists
from tinyhost.datasets.skipped import Skipped, none_usable
from tinyhost.errors import DatasetError
from tinyhost.motion.csv import read_motion_csv
from tinyhost.motion.recording import MotionRecording
from tinyhost.motion.sensor import LSM9DS1
from tinyhost.motion.units import UNSTATED_UNITS, MotionUnits
from tinyhost.system.wording import counted

__all__ = [
    "NORMAL",
    "MotionRun",
    "MotionSet",
    "load_motion_folder",
    "part_of_motion",
    "read_motion_folder",
    "read_recordings",
]

NORMAL = "normal"
"""the label to learn from; all others are for testing only"""
_RATE_TOLERANCE = 1 / 32  # as the app has it


@dataclass(frozen=True, kw_only=True)
class MotionRun:
    """One recording."""

    label: str
    name: str
    """label/file"""
    samples: NDArray[np.int16]
    """(n, 3) counts"""
    pieces: tuple[slice, ...]
    """stretches without gaps or faults of the sensor; windows lie within one"""
    part: Part | None = None
    """as the set's own lists say; None: it has none"""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """samples in no piece, by their fault"""


@dataclass(frozen=True, kw_only=True)
class MotionSet:
    """Recordings of one sensor at one rate."""

    runs: tuple[MotionRun, ...]
    rate_hz: float
    counts_per_g: float = LSM9DS1.counts_per_g
    notes: tuple[str, ...] = ()
    """problems of the recordings, and assumptions about them, in words"""
    skipped: tuple[Skipped, ...] = ()
    """files that cannot be used"""

    def __len__(self) -> int:
        return len(self.runs)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels beside `normal`, sorted."""
        return tuple(sorted({run.label for run in self.runs} - {NORMAL}))

    @property
    def seconds(self) -> float:
        """Of all recordings."""
        return sum(len(run.samples) for run in self.runs) / self.rate_hz

    def labelled(self, label: str) -> list[MotionRun]:
        """Return the recordings of a label."""
        return [run for run in self.runs if run.label == label]

    def left_out_s(self) -> dict[str, float]:
        """Return the seconds left out of the recordings, by fault."""
        counts: Counter[str] = Counter()
        for run in self.runs:
            counts.update(run.left_out)
        return {cause: n_samples / self.rate_hz for cause, n_samples in sorted(counts.items())}

    def parts(self) -> dict[Part, int] | None:
        """Return how many recordings each part has by the set's own lists; None if it has none."""
        parts = [run.part for run in self.runs if run.part is not None]
        return counts_of(parts) if len(parts) == len(self.runs) else None


def load_motion_folder(
    root: Path, units: MotionUnits = UNSTATED_UNITS, *, on_file: Callable[[int, int], None] = lambda done, total: None
) -> MotionSet:
    """Return the recordings of a machine, of which some must be labelled `normal`; else as read_motion_folder."""
    motions = read_motion_folder(root, units, on_file=on_file)
    if motions.labelled(NORMAL):
        return motions
    advice = f"tinyhost capture --sensor imu --seconds 600 --label {NORMAL} --data {root}"
    normal = [item for item in motions.skipped if item.what.startswith(f"{NORMAL}/")]
    if normal:
        raise none_usable(root / NORMAL, normal, hint=f"fix the files, or record new ones: {advice}")
    raise DatasetError(f"{root}: no recording in {NORMAL}/*.csv", hint=advice)


def read_motion_folder(
    root: Path, units: MotionUnits = UNSTATED_UNITS, *, on_file: Callable[[int, int], None] = lambda done, total: None
) -> MotionSet:
    """Return the recordings of label/*.csv, of any labels, with the parts of the set's own lists.

    Files that make no sense, and those at another rate than most, are skipped and told. Raises DatasetError if none can
    be used.
    """
    recordings, skipped = read_recordings(root, units, on_file=on_file)
    return _motion_set(root, recordings, skipped)


def read_recordings(
    root: Path, units: MotionUnits = UNSTATED_UNITS, *, on_file: Callable[[int, int], None] = lambda done, total: None
) -> tuple[list[tuple[str, MotionRecording]], list[Skipped]]:
    """Return the recordings of label/*.csv by `label/file`, and what is skipped. Raises DatasetError if all are."""
    listing = labelled_files(root, MOTION)
    recordings, skipped = [], list(listing.skipped)
    for done, path in enumerate(listing.files, 1):
        name = listed_name(path)
        try:
            recordings.append((name, read_motion_csv(path, units)))
        except DatasetError as error:
            way_out = f"; {error.hint}" if error.hint else ""  # an option may give what the file lacks
            skipped.append(Skipped(what=name, reason=f"{error.message}{way_out}"))
        on_file(done, len(listing.files))
    if not recordings:
        raise none_usable(root, skipped, hint="fix the files, or record new ones: tinyhost capture --sensor imu")
    return recordings, skipped


def part_of_motion(motions: MotionSet, part: Part, root: Path) -> MotionSet:
    """Return the recordings of one part. Raises DatasetError if the set, in the folder root, has none in it."""
    counts = motions.parts()
    if not counts or not counts[part]:
        has = ", ".join(f"{count:,} for {name}" for name, count in (counts or {}).items()) or "no parts"
        raise DatasetError(
            f"{root}: no recording for {part}; it has {has}", hint=f"split it: tinyhost data split {root}"
        )
    return replace(motions, runs=tuple(run for run in motions.runs if run.part == part))


def _motion_set(root: Path, recordings: Sequence[tuple[str, MotionRecording]], skipped: list[Skipped]) -> MotionSet:
    rate_hz = _common_rate([recording.rate_hz for _, recording in recordings])
    listed = read_lists(root) if has_lists(root) else None
    runs, notes = [], []
    assumed: Counter[str] = Counter()
    for name, recording in recordings:
        if abs(recording.rate_hz - rate_hz) > rate_hz * _RATE_TOLERANCE:
            reason = f"{name}: {recording.rate_hz:.2f} samples per second, most files have {rate_hz:.2f}"
            skipped.append(Skipped(what=name, reason=reason))
            continue
        part: Part | None = None if listed is None else listed.get(name, "training")
        runs.append(_run(name, recording, part))
        notes += [f"{name}: {issue}" for issue in recording.issues]
        assumed[recording.assumed] += 1
    told = [f"{n:,} of {counted(len(runs), 'file')}: {words}" for words, n in assumed.items() if words]
    return MotionSet(runs=tuple(runs), rate_hz=rate_hz, notes=(*told, *notes), skipped=tuple(skipped))


def _common_rate(rates_hz: Sequence[float]) -> float:
    """Return the median of the largest group of similar rates."""
    rates = np.sort(rates_hz)
    first = np.searchsorted(rates, rates * (1 - _RATE_TOLERANCE), "left")
    last = np.searchsorted(rates, rates * (1 + _RATE_TOLERANCE), "right")
    best = int(np.argmax(last - first))
    return float(np.median(rates[first[best] : last[best]]))


def _run(name: str, recording: MotionRecording, part: Part | None) -> MotionRun:
    label = name.split("/", maxsplit=1)[0]
    # A stuck or saturated sensor is nothing to learn from; in recordings of faults it may be the fault.
    pieces, left_out = (tuple(recording.segments()), {}) if label != NORMAL else _sound_pieces(recording)
    return MotionRun(label=label, name=name, samples=recording.counts(), pieces=pieces, part=part, left_out=left_out)


def _sound_pieces(recording: MotionRecording) -> tuple[tuple[slice, ...], dict[str, int]]:
    """Return the stretches in which the sensor did nothing wrong, and how many samples are left out for what."""
    bad = np.zeros(len(recording.acceleration), np.bool_)
    left_out: Counter[str] = Counter()
    for issue in recording.issues:
        if issue.kind != "gap":
            stretch = bad[issue.first : issue.first + issue.n_samples]
            left_out[issue.kind] += int((~stretch).sum())
            stretch[:] = True
    pieces = []
    for segment in recording.segments():
        edges = np.flatnonzero(np.diff(np.r_[True, bad[segment], True].astype(np.int8))) + segment.start
        pieces += [slice(int(first), int(last)) for first, last in zip(edges[::2], edges[1::2], strict=True)]
    return tuple(pieces), dict(left_out)
