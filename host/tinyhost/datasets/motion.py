"""Recordings of a machine for training: read from a folder of CSV files, cut into parts and windows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tinyhost.datasets.folder import label_of
from tinyhost.datasets.skipped import Skipped, none_usable
from tinyhost.errors import DatasetError
from tinyhost.motion.config import MotionConfig
from tinyhost.motion.csv import read_motion_csv
from tinyhost.motion.features import log_features, slide
from tinyhost.motion.recording import MotionRecording
from tinyhost.motion.sensor import LSM9DS1
from tinyhost.system.wording import counted

__all__ = [
    "MIN_WINDOWS",
    "NORMAL",
    "MotionRun",
    "MotionSet",
    "Part",
    "Windows",
    "check_enough",
    "load_motion_folder",
    "split_normal",
    "windows_of",
]

NORMAL = "normal"
"""the label that is learnt; all others are for measuring only"""
MIN_WINDOWS = 60
Part = Literal["train", "threshold", "test"]
PARTS: tuple[Part, ...] = ("train", "threshold", "test")
_SHARES = (0.6, 0.2, 0.2)
_MIN_RUNS = 10  # of fewer recordings each is cut in time instead
_RATE_TOLERANCE = 1 / 32  # as the app has it


@dataclass(frozen=True, kw_only=True)
class MotionRun:
    """One recording."""

    label: str
    name: str
    samples: NDArray[np.int16]
    """(n, 3) counts"""
    pieces: tuple[slice, ...]
    """stretches without gaps or faults of the sensor; windows do not reach beyond one"""


@dataclass(frozen=True, kw_only=True)
class MotionSet:
    """Recordings of one sensor at one rate."""

    runs: tuple[MotionRun, ...]
    rate_hz: float
    counts_per_g: float = LSM9DS1.counts_per_g
    notes: tuple[str, ...] = ()
    """what is wrong with the recordings, in words"""
    skipped: tuple[Skipped, ...] = ()
    """files that cannot be used"""

    def __len__(self) -> int:
        return len(self.runs)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels beside `normal`, sorted."""
        return tuple(sorted({run.label for run in self.runs} - {NORMAL}))

    def labelled(self, label: str) -> list[MotionRun]:
        """Return the recordings of a label."""
        return [run for run in self.runs if run.label == label]


@dataclass(frozen=True, kw_only=True)
class Windows:
    """Windows in the order of time, run after run."""

    features: NDArray[np.int16]
    """(n, n_features), as firmware/lib/motion makes them"""
    piece_of: NDArray[np.int64]
    """(n,) index of the piece that a window is of: an alarm's counting starts anew with each"""
    names: tuple[str, ...] = field(default=())
    """of each piece's recording"""

    def __len__(self) -> int:
        return len(self.features)


def load_motion_folder(root: Path, on_file: Callable[[int, int], None] = lambda done, total: None) -> MotionSet:
    """Return the recordings of label/*.csv; `normal` must be one of the labels.

    Files that make no sense are skipped and told, with their lines. Raises DatasetError for another rate, or no usable
    recording of `normal`.
    """
    if not root.is_dir():
        raise DatasetError(f"{root}: no such folder", hint=f"expected {root / NORMAL}/*.csv")
    files = sorted(path for path in root.glob("*/*.csv") if path.is_file())
    if not any(path.parent.name == NORMAL for path in files):
        raise DatasetError(
            f"{root}: no recording in {NORMAL}/*.csv",
            hint=f"tinyhost capture --sensor imu --seconds 600 --label {NORMAL} --data {root}",
        )
    recordings, skipped = [], []
    for done, path in enumerate(files, 1):
        try:
            recordings.append((path, read_motion_csv(path)))
        except DatasetError as error:
            skipped.append(Skipped(what=f"{path.parent.name}/{path.name}", reason=error.message))
        on_file(done, len(files))
    if not any(path.parent.name == NORMAL for path, _ in recordings):
        normal = [item for item in skipped if item.what.startswith(f"{NORMAL}/")]
        raise none_usable(
            root / NORMAL, normal, hint="mend the files, or record new ones: tinyhost capture --sensor imu"
        )
    return _motion_set(recordings, skipped)


def _motion_set(recordings: Sequence[tuple[Path, MotionRecording]], skipped: Sequence[Skipped]) -> MotionSet:
    rate_hz = float(np.median([recording.rate_hz for _, recording in recordings]))
    runs, notes = [], []
    for path, recording in recordings:
        if abs(recording.rate_hz - rate_hz) > rate_hz * _RATE_TOLERANCE:
            raise DatasetError(
                f"{path}: {recording.rate_hz:.2f} samples per second, the other files have {rate_hz:.2f}",
                hint="a model knows one rate; put recordings of another board into another folder",
            )
        label, name = label_of(path), f"{path.parent.name}/{path.name}"
        # A stuck or saturated sensor is nothing to learn from; in recordings of faults it may be the fault.
        pieces = tuple(recording.segments()) if label != NORMAL else _sound_pieces(recording)
        runs.append(MotionRun(label=label, name=name, samples=recording.counts(), pieces=pieces))
        notes += [f"{name}: {issue}" for issue in recording.issues]
    return MotionSet(runs=tuple(runs), rate_hz=rate_hz, notes=tuple(notes), skipped=tuple(skipped))


def _sound_pieces(recording: MotionRecording) -> tuple[slice, ...]:
    """Return the stretches in which the sensor did nothing wrong."""
    bad = np.zeros(len(recording.acceleration), np.bool_)
    for issue in recording.issues:
        if issue.kind != "gap":
            bad[issue.first : issue.first + issue.n_samples] = True
    pieces = []
    for segment in recording.segments():
        edges = np.flatnonzero(np.diff(np.r_[True, bad[segment], True].astype(np.int8))) + segment.start
        pieces += [slice(int(first), int(last)) for first, last in zip(edges[::2], edges[1::2], strict=True)]
    return tuple(pieces)


def split_normal(runs: Sequence[MotionRun], n_fft: int, seed: int) -> dict[Part, list[MotionRun]]:
    """Return recordings of normal running by part: to learn from, to set the threshold on, to measure on.

    Whole recordings, so that threshold and figures are of speeds and loads that training has not seen; if there are
    fewer than ten, each is cut in three along time, n_fft samples apart.
    """
    if len(runs) < _MIN_RUNS:
        return {part: [_part_of(run, index, n_fft) for run in runs] for index, part in enumerate(PARTS)}
    order = np.random.default_rng(seed).permutation(len(runs))
    ends = np.rint(np.cumsum(_SHARES) * len(runs)).astype(int)
    starts = np.r_[0, ends[:-1]]
    return {
        part: [runs[i] for i in sorted(order[first:last].tolist())]
        for part, first, last in zip(PARTS, starts, ends, strict=True)
    }


def _part_of(run: MotionRun, index: int, n_fft: int) -> MotionRun:
    ends = np.r_[0.0, np.cumsum(_SHARES)] * len(run.samples)
    first = int(ends[index]) + (n_fft if index else 0)
    last = int(ends[index + 1])
    pieces = [slice(max(piece.start, first), min(piece.stop, last)) for piece in run.pieces]
    kept = tuple(piece for piece in pieces if piece.start < piece.stop)
    return MotionRun(label=run.label, name=run.name, samples=run.samples, pieces=kept)


def windows_of(runs: Iterable[MotionRun], motion: MotionConfig) -> Windows:
    """Return all windows of some recordings, as the board would see them."""
    features: list[NDArray[np.int16]] = []
    piece_of: list[NDArray[np.int64]] = []
    names: list[str] = []
    for run in runs:
        for piece in run.pieces:
            windows = slide(run.samples[piece], motion)
            if len(windows):
                piece_of.append(np.full(len(windows), len(names), np.int64))
                features.append(log_features(windows, motion).reshape(len(windows), -1))
                names.append(run.name)
    if not names:
        return Windows(features=np.zeros((0, motion.n_features), np.int16), piece_of=np.zeros(0, np.int64))
    return Windows(features=np.concatenate(features), piece_of=np.concatenate(piece_of), names=tuple(names))


def check_enough(windows: Windows, part: Part, motion: MotionConfig) -> None:
    """Raise DatasetError if a part of the normal data is too small to say anything."""
    if len(windows) < MIN_WINDOWS:
        seconds = (MIN_WINDOWS * motion.hop + 2 * motion.n_fft) / min(_SHARES) / motion.rate_hz
        raise DatasetError(
            f"{NORMAL}: {counted(len(windows), 'window')} of {motion.n_fft} samples for {part}, "
            f"expected {MIN_WINDOWS} or more",
            hint=f"tinyhost capture --sensor imu --seconds {seconds:.0f} --label {NORMAL} records enough",
        )
