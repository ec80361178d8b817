"""Clips in which a word is cut off at an end: by the wave itself, and beside the other clips of their set."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.levels import dbfs, rms, to_float
from tinyhost.datasets.checking.sample import CheckedSample, Fault

__all__ = ["ends_below", "odd_ends", "sudden_end"]

_QUIET_DBFS = -42.0
_SILENT_DBFS = -70.0
_FRAME, _EDGE = 480, 160
_PAUSE_DB, _PAUSES = 20.0, 0.2
"""So large a share of a clip is so far below its loudest 30 ms; what goes on all the time is no word."""
_AGAIN_DB, _RHYTHM = 6.0, 3
"""So many sounds that are nearly the loudest, with pauses between: no word, but what goes on, such as heartbeats."""
_NOTHING, _PADDED = 3, 16
"""counts, at most, and samples, at least, that are added to a clip to make it as long as others"""
_ONSET, _ONSET_DB = 8, 9.0
"""samples, and by how much they are below the first 10 ms of what begins by itself; a cut is at any place of a wave"""
_CUT_DB, _JUMP = 4.0, 0.1
"""A word that ends by itself is further below its loudest 30 ms in the last 10, or its wave ends near zero: of 10,000
words of espeak-ng, trimmed or not, all do, and of words that were cut half."""
_ODD_DB, _APART_DB, _FEW, _LEAST = 12.0, 8.0, 0.005, 20
"""Less than this below the loudest, where all but so few, or two, of at least so many clips are further by so much."""


def ends_below(pcm: NDArray[np.int16]) -> tuple[float, ...]:
    """Return by how many dB four ends are below a clip's loudest 30 ms: its begin and end, and those of its sound
    without digital silence around it. Infinite if the clip has no word with pauses.
    """
    return tuple(level for level, _ in _ends(pcm))


def sudden_end(pcm: NDArray[np.int16]) -> str:
    """Return in words how loud an end is at which a wave breaks off; "" if none does."""
    loud = [level for level, jump in _ends(pcm) if level < _CUT_DB and jump >= _JUMP]
    return _text(min(loud), _CUT_DB) if loud else ""


def odd_ends(samples: Sequence[CheckedSample]) -> list[tuple[CheckedSample, Fault]]:
    """Return the clips with an end that is loud where hardly any other clip of the set has a loud one."""
    clips = [sample for sample in samples if sample.ends_below]
    if len(clips) < _LEAST:
        return []
    ends = np.sort([sample.ends_below for sample in clips], axis=0)
    usual = ends[max(2, int(_FEW * len(clips)))]
    limits = np.where(usual >= _ODD_DB + _APART_DB, _ODD_DB, -np.inf)
    found = []
    for sample in clips:
        loud = [(below, float(most)) for below, most in zip(sample.ends_below, limits, strict=True) if below < most]
        if loud and not any(fault.issue == "cut" for fault in sample.faults):
            found.append((sample, Fault(issue="cut", level="look", text=_text(*min(loud)))))
    return found


def _text(below: float, least: float) -> str:
    return f"at an end it is {below:.0f} dB below the loudest, expected at least {least:.0f}"


def _ends(pcm: NDArray[np.int16]) -> list[tuple[float, float]]:
    """Return for each of the four ends how far it is below the loudest, and its last sample as a share of its peak."""
    never = [(np.inf, 0.0)] * 4
    n = len(pcm) // _FRAME
    if n < 2:
        return never
    sound = to_float(pcm)
    levels = np.array([dbfs(rms(frame)) for frame in sound[: n * _FRAME].reshape(n, _FRAME)])
    loudest = float(levels.max())
    turns = [below < _AGAIN_DB for below in loudest - levels if not _AGAIN_DB <= below < _PAUSE_DB]
    goes_on = sum(is_loud for is_loud, _ in groupby(turns)) >= _RHYTHM
    if (loudest - levels >= _PAUSE_DB).mean() < _PAUSES or loudest < _QUIET_DBFS or goes_on:
        return never
    heard = np.flatnonzero(np.abs(pcm.astype(np.int32)) > _NOTHING)
    first, last = int(heard[0]), int(heard[-1]) + 1
    inner = sound[first if first > _PADDED else 0 : last if last < len(sound) - _PADDED else len(sound)]
    ends = [whole for part in (sound, inner) for whole in (part[:_EDGE], part[: -_EDGE - 1 : -1])]
    begins = (_begins(ends[0]), False, _begins(ends[2]), False)
    return [
        (loudest - (_SILENT_DBFS if by_itself else dbfs(rms(end))), float(abs(end[0]) / max(np.abs(end).max(), 1e-9)))
        for end, by_itself in zip(ends, begins, strict=True)
    ]


def _begins(begin: NDArray[np.float32]) -> bool:
    """Return whether the first 10 ms rise from nothing, as a beat does."""
    return dbfs(rms(begin[:_ONSET])) <= dbfs(rms(begin)) - _ONSET_DB
