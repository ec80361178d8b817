"""Labelled one-second clips as arrays, split by speaker, and noise to mix into them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.levels import to_float
from tinyhost.audio.noise import NOISES, babble, make_noise
from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.audio.sound_file import read_sound
from tinyhost.audio.speakers import Part
from tinyhost.datasets.clips import load_clip_folder
from tinyhost.datasets.skipped import Skipped
from tinyhost.datasets.speech_commands import Shares, SpeechCommands, divide
from tinyhost.errors import DatasetError

__all__ = ["N_SILENT", "SILENT_CLASS", "UNKNOWN_CLASS", "ClipSet", "SoundSplits", "load_sounds"]

SILENT_CLASS, UNKNOWN_CLASS, N_SILENT = 0, 1, 2
"""Labels that are no words come first."""
_SHARES = Shares(unknown=100.0, silence=25.0)
_NOISE_S = 30
_N_BABBLES, _N_TALKERS = 8, (3, 12)


@dataclass(frozen=True, kw_only=True)
class ClipSet:
    """Clips and their classes: pcm (n, 16000) int16, classes (n,) int64 indices into the labels; paths: n files."""

    pcm: NDArray[np.int16]
    classes: NDArray[np.int64]
    paths: tuple[Path, ...]
    """the folder itself for a generated clip"""

    def __len__(self) -> int:
        return len(self.classes)

    def only(self, chosen: NDArray[np.int64]) -> ClipSet:
        """Return the clips at some indices (n,)."""
        paths = tuple(self.paths[index] for index in chosen)
        return ClipSet(pcm=self.pcm[chosen], classes=self.classes[chosen], paths=paths)


@dataclass(frozen=True, kw_only=True)
class SoundSplits:
    """The clips for training, validation (which chooses epoch and threshold) and testing, and noise."""

    train: ClipSet
    val: ClipSet
    test: ClipSet
    noises: tuple[NDArray[np.float32], ...]
    """recordings of the background, and generated noise: NOISES, and babble of the other words"""
    labels: tuple[str, ...]
    """silence, unknown, then the words"""
    n_files: int
    """that the parts and the noise are from"""
    skipped: tuple[Skipped, ...]
    """files that cannot be used"""

    def __len__(self) -> int:
        return self.n_files


def load_sounds(
    folder: Path,
    words: Sequence[str],
    *,
    min_per_word: int = 10,
    seed: int = 0,
    on_file: Callable[[int, int], None] = lambda done, total: None,
) -> SoundSplits:
    """Return the clips of a Speech Commands folder in three parts; words that are not wanted are `unknown`.

    on_file: called with files done and in total. Raises DatasetError if a word is missing or has too few clips.
    """
    found = load_clip_folder(Path(folder), on_file=on_file)
    data = divide(found, words, shares=_SHARES, seed=seed)
    _check(data, Path(folder), min_per_word)
    rng = np.random.default_rng((seed, 0x501))
    noises = [to_float(read_sound(path)) for path in found.background]
    noises = [noise for noise in noises if len(noise) >= SAMPLE_RATE_HZ]
    noises += [make_noise(kind, _NOISE_S * SAMPLE_RATE_HZ, rng) for kind in NOISES]
    train = _clip_set(data, "training", found.root)
    noises += _babbles(train.pcm[train.classes == UNKNOWN_CLASS], rng)
    return SoundSplits(
        train=train,
        val=_clip_set(data, "validation", found.root),
        test=_clip_set(data, "testing", found.root),
        noises=tuple(noises),
        labels=data.labels,
        n_files=len(found) + len(found.background),
        skipped=found.skipped,
    )


def _babbles(others: NDArray[np.int16], rng: np.random.Generator) -> list[NDArray[np.float32]]:
    """Return some people talking at once, of clips (n, 16000) without a wanted word; nothing of too few clips."""
    if len(others) < _N_TALKERS[1]:
        return []
    n_talkers = rng.integers(*_N_TALKERS, size=_N_BABBLES)
    talkers = [[to_float(others[i]) for i in rng.choice(len(others), n, replace=False)] for n in n_talkers]
    return [babble(voices, _NOISE_S * SAMPLE_RATE_HZ, rng) for voices in talkers]


def _check(data: SpeechCommands, folder: Path, min_per_word: int) -> None:
    for part in data.parts:
        counts, least = data.counts(part), min_per_word if part == "training" else 1
        poor = [word for word in data.labels[N_SILENT:] if counts[word] < least]
        if poor:
            raise DatasetError(
                f"{folder}: too few clips for {part}; expected at least {least} of each word, got "
                + ", ".join(f"{counts[word]} of {word}" for word in poor),
                hint=f"record more clips, by more people: tinyhost capture --sensor mic --label {poor[0]}",
            )


def _clip_set(data: SpeechCommands, part: Part, root: Path) -> ClipSet:
    clips = data.parts[part]
    classes = [data.labels.index(clip.label) for clip in clips]
    return ClipSet(
        pcm=np.stack([clip.read() for clip in clips]),
        classes=np.asarray(classes, np.int64),
        paths=tuple(clip.path or root for clip in clips),
    )
