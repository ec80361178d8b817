"""Levels and excerpts of sound. Float samples are in -1..1, int16 at full scale is 1; dB are relative to full scale."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["active_rms", "dbfs", "fit_length", "loudest_section", "peak", "rms", "to_float", "to_pcm"]

_FULL_SCALE = 32768.0
_FRAME = 320  # 20 ms at 16 kHz
_ACTIVE_DB = 30.0
"""A frame counts as speech if it is at most this far below the loudest one, near ITU-T P.56's margin."""
_SILENCE = 1e-10


def to_float(pcm: NDArray[np.int16]) -> NDArray[np.float32]:
    """Return int16 samples as float32 in -1..1."""
    return pcm.astype(np.float32) / np.float32(_FULL_SCALE)


def to_pcm(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    """Return float samples as int16: rounded, and clipped at full scale."""
    pcm: NDArray[np.int16] = np.clip(np.rint(samples * np.float32(_FULL_SCALE)), -32768, 32767).astype(np.int16)
    return pcm


def rms(samples: NDArray[np.float32]) -> float:
    """Return the root of the mean square; 0 for no samples."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0


def peak(samples: NDArray[np.float32]) -> float:
    """Return the largest absolute value; 0 for no samples."""
    return float(np.max(np.abs(samples))) if len(samples) else 0.0


def dbfs(level: float) -> float:
    """Return a level in dB of full scale; -200 for silence."""
    return 20.0 * float(np.log10(max(level, _SILENCE)))


def active_rms(samples: NDArray[np.float32]) -> float:
    """Return the level of a word without the silence around it: over the 20 ms frames within 30 dB of the loudest."""
    n_frames = len(samples) // _FRAME
    if n_frames < 2:
        return rms(samples)
    power = np.mean(np.square(samples[: n_frames * _FRAME].reshape(n_frames, _FRAME), dtype=np.float64), axis=1)
    active = power[power >= power.max() * 10 ** (-_ACTIVE_DB / 10)]
    return float(np.sqrt(active.mean()))


def loudest_section(pcm: NDArray[np.int16], n: int) -> tuple[int, NDArray[np.int16]]:
    """Return the start of the n samples with the most energy, and these samples; all of them if there are fewer."""
    if len(pcm) <= n:
        return 0, pcm
    energy = np.concatenate(([0], np.cumsum(np.square(pcm.astype(np.int64)))))
    begin = int(np.argmax(energy[n:] - energy[:-n]))
    return begin, pcm[begin : begin + n]


def fit_length(pcm: NDArray[np.int16], n: int) -> NDArray[np.int16]:
    """Return exactly n samples: the loudest section of a longer clip, or a shorter one in the middle of zeros."""
    _, cut = loudest_section(pcm, n)
    missing = n - len(cut)
    return np.pad(cut, (missing // 2, missing - missing // 2))
