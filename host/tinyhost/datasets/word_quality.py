"""Whether a recorded word is worth keeping."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.levels import active_rms, dbfs, loudest_section, rms, to_float
from tinyhost.system.wording import counted

__all__ = ["WordVerdict", "cut_word", "judge_word"]

_CLIPPED_LEVEL = 32_700
_CLIPPED_RUN, _CLIPPED_TOPS, _CLIPPED_SHARE = 2, 6, 0.002
"""Samples in a row at full scale, and rows: a few alone are loud peaks; or so large a share of all samples."""
_FLAT_LEVEL, _FLAT_RUN, _FLAT_TOPS, _TWO_VALUES = 1_000, 4, 2, 0.9
"""so many rows at the very peak, though it is below full scale: it was clipped before it was made softer; not if nearly
all samples are at one of both peaks, as in a square wave"""
_QUIET_DBFS = -42.0
_MAX_OFFSET = 1_600
"""counts, 5 % of full scale: beyond that a microphone or its amplifier is broken"""
_EDGE_S = 0.03
_EDGE_DB = 12.0
"""A word that is within this of its own level at the very edge of the cut goes on beyond it."""


@dataclass(frozen=True, kw_only=True)
class WordVerdict:
    """What is wrong with a clip; `reason` is "" if nothing is."""

    reason: str
    """too quiet, clipped, DC shift, truncated, samples missing"""
    detail: str
    """the measured value and the limit"""
    level_dbfs: float
    """of the word, without the pauses around it"""

    @property
    def is_good(self) -> bool:
        return not self.reason


def cut_word(pcm: NDArray[np.int16], n_samples: int) -> NDArray[np.int16]:
    """Return the loudest n_samples of a longer recording; all of a shorter one."""
    return loudest_section(pcm, n_samples)[1]


def judge_word(pcm: NDArray[np.int16], *, n_samples: int, rate_hz: float, n_missing: int = 0) -> WordVerdict:
    """Return what is wrong with a clip that should be n_samples long, the gravest first.

    pcm: (n,). n_missing: samples that were lost while it was recorded.
    """
    offset = float(np.mean(pcm)) if len(pcm) else 0.0
    sound = to_float(pcm) - np.float32(offset / 32768)
    level = dbfs(active_rms(sound))
    edge = _edge_level(sound, round(_EDGE_S * rate_hz))
    run, where = _clipped_run(pcm.astype(np.int32))
    faults = (
        (n_missing > 0, "samples missing", f"{n_missing} lost on the way"),
        (len(pcm) < n_samples, "truncated", f"{len(pcm)} of {counted(n_samples, 'sample')}"),
        (abs(offset) > _MAX_OFFSET, "DC shift", f"mean {offset:.0f} counts, at most {_MAX_OFFSET}"),
        (run > 0, "clipped", f"{counted(run, 'sample')} in a row at {where}"),
        (level < _QUIET_DBFS, "too quiet", f"{level:.0f} dBFS, at least {_QUIET_DBFS:.0f}"),
        (edge > level - _EDGE_DB, "truncated", f"the sound continues at the edge, {edge - level:+.0f} dB of its level"),
    )
    reason, detail = next(((reason, detail) for is_so, reason, detail in faults if is_so), ("", ""))
    return WordVerdict(reason=reason, detail=detail, level_dbfs=level)


def _edge_level(sound: NDArray[np.float32], n_edge: int) -> float:
    """Return the level of the louder end, dBFS."""
    return dbfs(max(rms(sound[:n_edge]), rms(sound[-n_edge:])))


def _clipped_run(pcm: NDArray[np.int32]) -> tuple[int, str]:
    """Return the most samples in a row at full scale, or else at the sound's own flat tops; and which of the two."""
    runs = _runs(np.abs(pcm) >= _CLIPPED_LEVEL)
    if np.count_nonzero(runs >= _CLIPPED_RUN) >= _CLIPPED_TOPS or runs.sum() > _CLIPPED_SHARE * len(pcm):
        return int(runs.max()), "full scale"
    if ((pcm == pcm.max(initial=0)) | (pcm == pcm.min(initial=0))).sum() > _TWO_VALUES * len(pcm):
        return 0, ""
    for side in (pcm, -pcm):
        tops = _runs(side == side.max(initial=_FLAT_LEVEL))
        if np.count_nonzero(tops >= _FLAT_RUN) >= _FLAT_TOPS:
            return int(tops.max()), f"{side.max()} counts, its peak"
    return 0, ""


def _runs(is_set: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the lengths of the runs of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], is_set.astype(np.int8), [0]))))
    return edges[1::2] - edges[::2]
