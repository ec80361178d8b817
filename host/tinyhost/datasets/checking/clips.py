"""Faults of single clips, and the fingerprint that near duplicates share."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.keywords import CLIP_SAMPLES, SILENCE
from tinyhost.audio.levels import dbfs, fit_length, to_float
from tinyhost.audio.log_mel import LogMelConfig, log_mel
from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.audio.sound_file import read_sound
from tinyhost.audio.speakers import Part
from tinyhost.datasets.checking.copies import Likeness
from tinyhost.datasets.checking.cuts import ends_below, sudden_end
from tinyhost.datasets.checking.drift import figures_of_clip
from tinyhost.datasets.checking.findings import DataIssue
from tinyhost.datasets.checking.offsets import is_steady, steady_offset
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
_SAME_WAVE = 0.97
"""Copies that were softened, moved, or mixed with noise at 17 dB have more, and of others hardly any."""
_TOO_QUIET_DBFS = -47.0
"""Lower than what `capture` asks for: to say a word again costs a second, what is thrown away is gone."""
_SILENT_DBFS = -70.0
_LEAST_SPREAD = 12.0
"""Sounds whose energy is in fewer places of their spectrum over time, as of clicks, are alike without being copies."""
_AGAIN = 0.97
"""A wave that is as like its copy at another time, too, is a tone, of which any other one would be a copy."""


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
        ends_below=ends_below(pcm) if clip.label != SILENCE else (),
        offset=steady_offset(pcm),
        figures=figures_of_clip(pcm) if compares else {},
    )


def clip_faults(pcm: NDArray[np.int16], label: str) -> tuple[Fault, ...]:
    """Return faults of a clip's level, and whether its word is cut off at an end; silence may be quiet."""
    found = faults_of(sound_faults(pcm[:, None], SAMPLE_RATE_HZ))
    faults = {fault.issue: fault for fault in found if fault.issue != "clipped" or fault.level == "bad"}
    if "shifted" in faults and not is_steady(pcm):
        del faults["shifted"]
    if label == SILENCE:
        return tuple(fault for issue, fault in faults.items() if issue != "quiet")
    heard = fit_length(pcm, min(len(pcm), CLIP_SAMPLES))
    verdict = judge_word(heard, n_samples=len(heard), rate_hz=SAMPLE_RATE_HZ)
    is_fine = verdict.reason == "too quiet" and verdict.level_dbfs >= _TOO_QUIET_DBFS
    is_fine |= verdict.reason == "DC shift" and not is_steady(heard)
    if "constant" not in faults and not is_fine and (issue := _ISSUES.get(verdict.reason)):
        faults.setdefault(issue, Fault(issue=issue, level="look", text=verdict.detail))
    if below := sudden_end(pcm):
        faults["cut"] = Fault(issue="cut", level="look", text=below)
    return tuple(faults.values())


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
    """Return whether two clips, after one shift in time and no other, have the same wave but for its size."""
    first, second = (pcm - pcm.mean() for pcm in (one, other))
    size = math.sqrt(float(first @ first) * float(second @ second))
    n = 1 << (len(one) + len(other) - 1).bit_length()
    shifted = np.abs(np.fft.irfft(np.fft.rfft(first, n) * np.conj(np.fft.rfft(second, n)), n))
    best = float(shifted.max())
    if best < _SAME_WAVE * size or best == 0:
        return False
    around = np.roll(shifted, n // 2 - int(shifted.argmax()))
    apart = np.flatnonzero(around < best / 2)
    before, after = apart[apart < n // 2].max(initial=0), apart[apart > n // 2].min(initial=n - 1)
    return float(max(around[:before].max(initial=0), around[after:].max(initial=0))) < _AGAIN * best


def fingerprint(pcm: NDArray[np.int16]) -> Fingerprint | None:
    """Return a fingerprint that survives gain, a shift in time, coding and a little noise; None for silence and clicks.

    The spectrum of 0.4 s around the middle of its energy. Bits: which levels are above their mean; shape: by how much.
    """
    sound = pcm - np.int16(np.mean(pcm))
    energy = np.square(to_float(sound), dtype=np.float64)
    total = float(energy.sum())
    if dbfs(np.sqrt(total / len(pcm))) < _SILENT_DBFS:
        return None
    if _spread(sound) < _LEAST_SPREAD:
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


def _spread(sound: NDArray[np.int16]) -> float:
    """Return in how many places of its spectrum over time, 16 ms by 62 Hz, a sound's energy is."""
    n = len(sound) // _SPECTRUM.hop
    frames = sound[: n * _SPECTRUM.hop].reshape(n, _SPECTRUM.hop) * np.hanning(_SPECTRUM.hop)
    energy = np.square(np.abs(np.fft.rfft(frames, axis=1)))
    return float(energy.sum() ** 2 / max(np.square(energy).sum(), 1e-9))
