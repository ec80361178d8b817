"""Faults of single clips, and the fingerprint that near duplicates share."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.keywords import CLIP_SAMPLES, SILENCE
from tinyhost.audio.levels import dbfs, fit_length, rms, to_float
from tinyhost.audio.log_mel import LogMelConfig, log_mel
from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.audio.sound_file import read_sound
from tinyhost.audio.speakers import Part
from tinyhost.datasets.checking.copies import Likeness
from tinyhost.datasets.checking.drift import figures_of_clip
from tinyhost.datasets.checking.findings import DataIssue
from tinyhost.datasets.checking.sample import CheckedSample, Fault, Fingerprint, content_digest
from tinyhost.datasets.checking.sensor_faults import faults_of
from tinyhost.datasets.clips import ClipFolder, LabelledClip, load_clip_folder
from tinyhost.datasets.speech_commands import Shares, part_of_clips
from tinyhost.datasets.word_quality import judge_word
from tinyhost.sensors.sound import sound_faults

__all__ = ["check_clips", "clip_faults", "fingerprint", "likeness", "same_sound"]

_ISSUES: Mapping[str, DataIssue] = {
    "DC shift": "shifted",
    "clipped": "clipped",
    "too quiet": "quiet",
}
"""A verdict on a recorded word, by its reason."""
_SPECTRUM = LogMelConfig(n_fft=512, hop=256, n_mels=24)
_N_FRAMES = 24
"""0.4 s around the middle of the sound's energy"""
_MOST_BITS, _LEAST_CORRELATION = 0.2, 0.93
"""Copies are nearer, and so are many tones and machines that are none: their waves are compared."""
_SAME_WAVE = 0.95
"""Of 100 copies that were softened, moved, coded or mixed with noise at 20 dB, 99 have more, and of others hardly any.
"""
_QUIET_DBFS = -42.0
_TOO_QUIET_DBFS = -47.0
"""Lower than what `capture` asks for: to say a word again costs a second, what is thrown away is gone."""
_SILENT_DBFS = -70.0
_FRAME = 480
_EDGE = 160
_PAUSE_DB = 20.0
_AGAIN_DB, _RHYTHM = 6.0, 3
"""So many sounds that are nearly the loudest, with pauses between: no word, but what goes on, such as heartbeats."""
_CUT_DB = 4.0
"""A word that ends by itself is further below its loudest 30 ms in the last 10."""
_ONSET, _ONSET_DB = 8, 9.0
"""samples, and by how much they are below the first 10 ms of what begins by itself; a cut is at any place of a wave"""


def check_clips(
    folder: Path, on_file: Callable[[int, int], None], *, compares: bool
) -> tuple[ClipFolder, str, list[CheckedSample]]:
    """Return a folder's checked clips, and the rule of their parts. Raises DatasetError."""
    found = load_clip_folder(folder, on_file=on_file)
    by, parts = part_of_clips(found, Shares())
    read = zip(found, parts, strict=True)
    return (
        found,
        by,
        [_checked(folder, clip.path, clip, part, compares) for clip, part in read if clip.path is not None],
    )


def _checked(folder: Path, path: Path, clip: LabelledClip, part: Part, compares: bool) -> CheckedSample:
    pcm = read_sound(path)
    return CheckedSample(
        file=path.relative_to(folder).as_posix(),
        label=clip.label,
        digest=content_digest(pcm),
        faults=clip_faults(pcm, clip.label),
        part=part,
        speaker=clip.speaker,
        fingerprint=fingerprint(pcm),
        figures=figures_of_clip(pcm) if compares else {},
    )


def clip_faults(pcm: NDArray[np.int16], label: str) -> tuple[Fault, ...]:
    """Return faults of a clip's level, and whether its word is cut off at an end; silence may be quiet."""
    faults = {fault.issue: fault for fault in faults_of(sound_faults(pcm[:, None], SAMPLE_RATE_HZ))}
    if label == SILENCE:
        return tuple(fault for issue, fault in faults.items() if issue != "quiet")
    heard = fit_length(pcm, min(len(pcm), CLIP_SAMPLES))
    verdict = judge_word(heard, n_samples=len(heard), rate_hz=SAMPLE_RATE_HZ)
    is_fine = verdict.reason == "too quiet" and verdict.level_dbfs >= _TOO_QUIET_DBFS
    if "constant" not in faults and not is_fine and (issue := _ISSUES.get(verdict.reason)):
        faults.setdefault(issue, Fault(issue=issue, level="look", text=verdict.detail))
    if below := _cut(pcm):
        faults["cut"] = Fault(issue="cut", level="look", text=below)
    return tuple(faults.values())


def _cut(pcm: NDArray[np.int16]) -> str:
    """Return in words how loud an end is at which a word is cut off; "" if none is.

    A noise goes on all the time, and is not cut: somewhere it must be quiet. `judge_word` wants a pause at both ends of
    what is recorded; in sets from elsewhere words end where the clips do.
    """
    n = len(pcm) // _FRAME
    if n < 2:
        return ""
    sound = to_float(pcm)
    levels = [dbfs(rms(frame)) for frame in sound[: n * _FRAME].reshape(n, _FRAME)]
    edge = max(_begin_dbfs(sound[:_EDGE]), dbfs(rms(sound[-_EDGE:])))
    loudest = max(levels)
    if min(levels) > loudest - _PAUSE_DB or edge < loudest - _CUT_DB or loudest < _QUIET_DBFS:
        return ""
    turns = [level > loudest - _AGAIN_DB for level in levels if not _PAUSE_DB > loudest - level >= _AGAIN_DB]
    if sum(is_loud for is_loud, _ in groupby(turns)) >= _RHYTHM:
        return ""
    return f"at an end it is {loudest - edge:.0f} dB below the loudest, expected at least {_CUT_DB:.0f}"


def _begin_dbfs(begin: NDArray[np.float32]) -> float:
    """Return the level of the first 10 ms: silence if they rise from nothing, as a beat does."""
    level = dbfs(rms(begin))
    return level if dbfs(rms(begin[:_ONSET])) > level - _ONSET_DB else _SILENT_DBFS


def likeness(folder: Path) -> Likeness:
    """Return what makes two clips of a folder near copies: like fingerprints, and then like waves."""

    @lru_cache(maxsize=256)
    def wave(file: str) -> NDArray[np.int16]:
        return read_sound(folder / file)

    return Likeness(
        most_bits=_MOST_BITS,
        least_correlation=_LEAST_CORRELATION,
        confirm=lambda one, other: same_sound(wave(one.file), wave(other.file)),
    )


def same_sound(one: NDArray[np.int16], other: NDArray[np.int16]) -> bool:
    """Return whether two clips, after the best shift in time, have the same wave but for its size."""
    first, second = (pcm - pcm.mean() for pcm in (one, other))
    size = math.sqrt(float(first @ first) * float(second @ second))
    n = 1 << (len(one) + len(other) - 1).bit_length()
    shifted = np.fft.irfft(np.fft.rfft(first, n) * np.conj(np.fft.rfft(second, n)), n)
    return float(np.abs(shifted).max()) >= _SAME_WAVE * size > 0


def fingerprint(pcm: NDArray[np.int16]) -> Fingerprint | None:
    """Return a fingerprint that survives gain, a shift in time, coding and a little noise; None for silence.

    The spectrum of 0.4 s around the middle of its energy. Bits: which levels are above their mean; shape: by how much.
    """
    sound = pcm - np.int16(np.mean(pcm))
    energy = np.square(to_float(sound), dtype=np.float64)
    total = float(energy.sum())
    if dbfs(np.sqrt(total / len(pcm))) < _SILENT_DBFS:
        return None
    middle = round(float(np.arange(len(pcm)) @ energy) / total)
    half = _N_FRAMES * _SPECTRUM.hop // 2
    around = np.pad(sound, half)[middle : middle + 2 * half]
    levels = log_mel(around, _SPECTRUM)[:_N_FRAMES].astype(np.float64)
    levels = np.maximum(levels, levels.max() - 40.0)
    flat = levels - levels.mean()
    size = float(np.linalg.norm(flat))
    if size == 0:
        return None
    return Fingerprint(bits=flat.ravel() > 0, shape=(flat / size).astype(np.float32).ravel())
