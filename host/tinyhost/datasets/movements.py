"""Recordings of an accelerometer and a gyroscope with labels, cut into windows of a gesture model's steps."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.speakers import Part
from tinyhost.datasets.motion import read_recordings
from tinyhost.datasets.parts import has_lists, read_lists
from tinyhost.datasets.skipped import Skipped, none_usable
from tinyhost.motion.recording import MotionRecording
from tinyhost.motion.steps import MAX_MOMENTS, window_moments
from tinyhost.motion.units import UNSTATED_UNITS, MotionUnits
from tinyhost.system.wording import counted

__all__ = ["Movement", "MovementSet", "MovementWindow", "load_movements", "movement_of", "windows_of_movements"]

_SHARES: dict[Part, float] = {"training": 0.6, "validation": 0.2, "testing": 0.2}
_HINT = "fix the files, or record new ones with the app gestures on the board: tinyhost capture --sensor imu"


@dataclass(frozen=True, kw_only=True)
class Movement:
    """One recording."""

    label: str
    name: str
    """label/file"""
    samples: NDArray[np.int16]
    """(n, 6) counts"""
    rate_hz: float
    pieces: tuple[slice, ...]
    """stretches without gaps; windows lie within one"""
    part: Part


@dataclass(frozen=True, kw_only=True)
class MovementSet:
    """Recordings of one folder, at any rates."""

    root: Path
    runs: tuple[Movement, ...]
    skipped: tuple[Skipped, ...] = ()
    """files that cannot be used"""
    notes: tuple[str, ...] = ()
    """problems of recordings, and assumptions about them, in words"""

    def __len__(self) -> int:
        return len(self.runs)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, sorted."""
        return tuple(sorted({run.label for run in self.runs}))

    @property
    def seconds(self) -> float:
        """Of all recordings."""
        return sum(len(run.samples) / run.rate_hz for run in self.runs)

    def of(self, part: Part) -> MovementSet:
        """Return the recordings of one part."""
        return replace(self, runs=tuple(run for run in self.runs if run.part == part))


@dataclass(frozen=True, kw_only=True)
class MovementWindow:
    """A window of a recording."""

    path: Path
    """of the recording, and where in it: wave/000001.csv@4.0s"""
    label: str
    samples: NDArray[np.int16]
    """(n, 6) counts"""

    def read(self) -> NDArray[np.int16]:
        """Return the samples."""
        return self.samples


def load_movements(root: Path, units: MotionUnits = UNSTATED_UNITS) -> MovementSet:
    """Return the recordings of label/*.csv that have a gyroscope, with their parts.

    Parts are those of the set's lists; without lists whole recordings are drawn by their names, the same ones always,
    for training, validation and testing. Raises DatasetError if none can be used.
    """
    recordings, skipped = read_recordings(root, units)
    whole = [(name, recording) for name, recording in recordings if recording.rotation is not None]
    skipped += [
        Skipped(what=name, reason=f"{name}: no gyroscope in it{f' ({recording.assumed})' if recording.assumed else ''}")
        for name, recording in recordings
        if recording.rotation is None
    ]
    if not whole:
        raise none_usable(root, skipped, hint=_HINT)
    parts = _parts(root, [name for name, _ in whole])
    assumed = Counter(recording.assumed for _, recording in whole if recording.assumed)
    return MovementSet(
        root=root,
        runs=tuple(movement_of(name, recording, parts[name]) for name, recording in whole),
        skipped=tuple(skipped),
        notes=(
            *(f"{n:,} of {counted(len(whole), 'file')}: {words}" for words, n in assumed.items()),
            *(f"{name}: {issue}" for name, recording in whole for issue in recording.issues),
        ),
    )


def movement_of(name: str, recording: MotionRecording, part: Part) -> Movement:
    """Return a recording that has a gyroscope. name: label/file."""
    return Movement(
        label=name.split("/", maxsplit=1)[0],
        name=name,
        samples=recording.all_counts(),
        rate_hz=recording.rate_hz,
        pieces=tuple(recording.segments()),
        part=part,
    )


def _parts(root: Path, names: Sequence[str]) -> dict[str, Part]:
    """Return the part of each recording: each label is divided by itself, so that every part has it if it can."""
    if has_lists(root):
        listed = read_lists(root)
        return {name: listed.get(name, "training") for name in names}
    of_label: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest()):
        of_label[name.split("/", maxsplit=1)[0]].append(name)
    parts: dict[str, Part] = {}
    for own in of_label.values():
        n_validation, n_testing = (_share(len(own), _SHARES[part]) for part in ("validation", "testing"))
        for place, name in enumerate(own):
            held: Part = "testing" if place < n_testing else "validation"
            parts[name] = held if place < n_testing + n_validation else "training"
    return parts


def _share(n: int, share: float) -> int:
    return max(1, round(n * share)) if n >= 3 else 0


def windows_of_movements(
    movements: MovementSet, n_steps: int, step_hz: float
) -> tuple[tuple[MovementWindow, ...], tuple[Skipped, ...]]:
    """Return the windows of all recordings, one behind the other, and the recordings that have none.

    A window of more samples than a board takes is thinned out, each sample the mean of some.
    """
    windows: list[MovementWindow] = []
    skipped: list[Skipped] = []
    for run in movements.runs:
        n = window_moments(n_steps, run.rate_hz, step_hz)
        if run.rate_hz < step_hz:
            reason = f"{run.name}: {run.rate_hz:.4g} samples per second, expected {step_hz:g} or more"
            skipped.append(Skipped(what=run.name, reason=reason))
            continue
        starts = [start for piece in run.pieces for start in range(piece.start, piece.stop - n + 1, n)]
        if not starts:
            longest = max(piece.stop - piece.start for piece in run.pieces)
            reason = f"{run.name}: {counted(longest, 'sample')} in a row, a window has {n}"
            skipped.append(Skipped(what=run.name, reason=reason))
        windows += [
            MovementWindow(
                path=movements.root / f"{run.name}@{start / run.rate_hz:.1f}s",
                label=run.label,
                samples=_thinned(run.samples[start : start + n], n_steps),
            )
            for start in starts
        ]
    return tuple(windows), tuple(skipped)


def _thinned(samples: NDArray[np.int16], n_steps: int) -> NDArray[np.int16]:
    """Return a window of at most MAX_MOMENTS samples: the means of the step that each belongs to, if it has more."""
    if len(samples) <= MAX_MOMENTS:
        return samples
    step = np.arange(len(samples)) * n_steps // len(samples)
    sums = np.zeros((n_steps, samples.shape[1]))
    np.add.at(sums, step, samples)
    return np.rint(sums / np.bincount(step)[:, None]).astype(np.int16)
