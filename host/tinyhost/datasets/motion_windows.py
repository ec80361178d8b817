"""Recordings of a machine for training and testing: divided into parts, and cut into windows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tinyhost.datasets.motion import NORMAL, MotionRun, MotionSet
from tinyhost.datasets.skipped import Skipped
from tinyhost.errors import DatasetError
from tinyhost.motion.config import MotionConfig
from tinyhost.motion.features import log_features, slide
from tinyhost.system.wording import counted

__all__ = ["MIN_WINDOWS", "Part", "Windows", "check_enough", "long_enough", "split_normal", "windows_of"]

MIN_WINDOWS = 60
Part = Literal["train", "threshold", "test"]
PARTS: tuple[Part, ...] = ("train", "threshold", "test")
_SHARES = (0.6, 0.2, 0.2)
_MIN_RUNS = 10  # of fewer recordings each is cut in time instead


@dataclass(frozen=True, kw_only=True)
class Windows:
    """Windows in the order of time, run after run."""

    features: NDArray[np.int16]
    """(n, n_features), as firmware/lib/motion makes them"""
    piece_of: NDArray[np.int64]
    """(n,) index of the piece that a window is of: an alarm's counting starts again with each"""
    names: tuple[str, ...] = field(default=())
    """of each piece's recording"""

    def __len__(self) -> int:
        return len(self.features)


def split_normal(runs: Sequence[MotionRun], n_fft: int, seed: int) -> dict[Part, list[MotionRun]]:
    """Return recordings of normal running by part: to learn from, to set the threshold on, to measure on.

    As the set's own lists say; those without any for validation give some of their training for the threshold. Without
    lists whole recordings are drawn, so that threshold and figures are of speeds and loads that training has not seen.
    Of fewer than ten that are to be divided, each is cut along time, n_fft samples apart.
    """
    listed: dict[Part, list[MotionRun]] = {
        own: [run for run in runs if run.part == part]
        for own, part in zip(PARTS, ("training", "validation", "testing"), strict=True)
    }
    if not listed["test"] or not listed["train"]:
        return _divided(runs, PARTS, n_fft, seed)
    if not listed["threshold"]:
        listed |= _divided(listed["train"], PARTS[:2], n_fft, seed)
    return listed


def _divided(runs: Sequence[MotionRun], parts: Sequence[Part], n_fft: int, seed: int) -> dict[Part, list[MotionRun]]:
    ends = np.cumsum(_SHARES[: len(parts)]) / sum(_SHARES[: len(parts)])
    starts = np.r_[0.0, ends[:-1]]
    shares = list(zip(parts, starts.tolist(), ends.tolist(), strict=True))
    if len(runs) < _MIN_RUNS:
        return {part: [_cut(run, first, last, n_fft) for run in runs] for part, first, last in shares}
    order = np.random.default_rng(seed).permutation(len(runs))
    return {
        part: [runs[i] for i in sorted(order[round(first * len(runs)) : round(last * len(runs))].tolist())]
        for part, first, last in shares
    }


def _cut(run: MotionRun, begin: float, end: float, n_fft: int) -> MotionRun:
    """Return the part of a recording between two shares of its length, n_fft samples after the previous part."""
    first = int(begin * len(run.samples)) + (n_fft if begin else 0)
    last = int(end * len(run.samples))
    pieces = [slice(max(piece.start, first), min(piece.stop, last)) for piece in run.pieces]
    return replace(run, pieces=tuple(piece for piece in pieces if piece.start < piece.stop))


def long_enough(motions: MotionSet, n_fft: int) -> MotionSet:
    """Return the recordings that have a whole window; the others are skipped, with what is wrong with them."""
    runs, skipped = [], list(motions.skipped)
    for run in motions.runs:
        longest = max((piece.stop - piece.start for piece in run.pieces), default=0)
        if longest >= n_fft:
            runs.append(run)
            continue
        causes = "".join(f", {n:,} are {cause}" for cause, n in run.left_out.items())
        reason = (
            f"{run.name}: {counted(longest, 'sample')} in a row, a window has {n_fft} (of {len(run.samples):,}{causes})"
        )
        skipped.append(Skipped(what=run.name, reason=reason))
    return replace(motions, runs=tuple(runs), skipped=tuple(skipped))


def windows_of(runs: Iterable[MotionRun], motion: MotionConfig) -> Windows:
    """Return all windows of some recordings, with the board's features."""
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


def check_enough(windows: Windows, part: Part, motion: MotionConfig, motions: MotionSet) -> None:
    """Raise DatasetError, which says what was left out, if a part of the normal data is too small to say anything."""
    if len(windows) < MIN_WINDOWS:
        causes = [f"{seconds:.0f} s {cause}" for cause, seconds in motions.left_out_s().items()]
        causes += (
            [f"{counted(len(motions.skipped), 'file')}, the first: {motions.skipped[0]}"] if motions.skipped else []
        )
        left_out = f"; left out: {', '.join(causes)}" if causes else ""
        seconds = (MIN_WINDOWS * motion.hop + 2 * motion.n_fft) / min(_SHARES) / motion.rate_hz
        raise DatasetError(
            f"{NORMAL}: {counted(len(windows), 'window')} of {motion.n_fft} samples for {part}, "
            f"expected {MIN_WINDOWS} or more{left_out}",
            hint=f"tinyhost capture --sensor imu --seconds {seconds:.0f} --label {NORMAL} records enough",
        )
