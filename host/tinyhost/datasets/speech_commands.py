"""Clips as keyword spotting is trained on them: wanted words, `unknown`, `silence`, in three parts.

As TensorFlow's speech_commands example does it, and with it the published figures: a speaker is in one part; other
words are drawn for `unknown` and pieces of the background for `silence`, each as a share of the wanted clips.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from tinyhost.audio.keywords import CLIP_SAMPLES, SILENCE, UNKNOWN
from tinyhost.audio.sound_file import read_sound
from tinyhost.audio.speakers import PARTS, Part, part_of_file, part_of_speaker
from tinyhost.datasets.clips import ClipFolder, LabelledClip
from tinyhost.datasets.parts import has_lists, listed_name, read_lists
from tinyhost.errors import DatasetError, UsageError
from tinyhost.protocol.labels import normal_label

__all__ = [
    "Shares",
    "SpeechCommands",
    "SplitBy",
    "divide",
    "name_of_clip",
    "part_of_clips",
]

SplitBy = Literal["lists", "speaker", "file"]
_FEW_SPEAKERS = 3
_SILENCE_GAINS = (0.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Shares of the parts and classes, in percent; the defaults are the usual ones."""

    validation: float = 10.0
    testing: float = 10.0
    unknown: float = 10.0
    """of the number of wanted clips"""
    silence: float = 10.0
    """of the number of wanted clips"""

    def __post_init__(self) -> None:
        shares = (self.validation, self.testing, self.unknown, self.silence)
        if not all(0 <= share <= 1000 for share in shares) or self.validation + self.testing >= 100:
            raise UsageError(f"invalid percentages: {self}", hint="validation and testing: below 100")


@dataclass(frozen=True, kw_only=True)
class SpeechCommands:
    """A data set ready for training."""

    labels: tuple[str, ...]
    """silence, unknown, then the words: the order of TFLM's micro_speech"""
    parts: dict[Part, tuple[LabelledClip, ...]]
    """in a seeded order"""
    split_by: SplitBy
    """basis of the split: the set's own lists, the speaker or, with fewer than three speakers, the file's name"""

    def counts(self, part: Part) -> dict[str, int]:
        """Return the number of clips per label, in the labels' order."""
        found = Counter(clip.label for clip in self.parts[part])
        return {label: found[label] for label in self.labels}


def divide(folder: ClipFolder, words: Sequence[str], *, shares: Shares | None = None, seed: int = 0) -> SpeechCommands:
    """Return the folder's clips in three parts and classes; the same arguments give the same clips in the same order.

    Raises DatasetError if a word has no clip.
    """
    shares = shares if shares is not None else Shares()
    words = tuple(map(normal_label, words))
    counts = folder.counts()
    missing = [word for word in words if word not in counts]
    if missing or not words:
        raise DatasetError(
            f"{folder.root}: no clips of {', '.join(map(repr, missing)) or 'any word'}; "
            f"there are {', '.join(list(counts)[:40])}",
            hint="name words that are folders there, or record them: tinyhost capture --sensor mic --label WORD",
        )
    split_by, sides = part_of_clips(folder, shares)
    if "validation" not in sides:
        sides = _with_validation(folder, sides, shares)
    parts: dict[Part, tuple[LabelledClip, ...]] = {}
    for part in PARTS:
        rng = np.random.default_rng((seed, zlib.crc32(part.encode())))
        here = [clip for clip, side in zip(folder.clips, sides, strict=True) if side == part]
        wanted = [clip for clip in here if clip.label in words]
        others = [clip for clip in here if clip.label not in words]
        n_unknown = min(math.ceil(len(wanted) * shares.unknown / 100), len(others))
        unknown = [
            LabelledClip(path=others[index].path, label=UNKNOWN) for index in rng.permutation(len(others))[:n_unknown]
        ]
        silence = _silence(folder.background, math.ceil(len(wanted) * shares.silence / 100), rng)
        clips = wanted + unknown + silence
        parts[part] = tuple(clips[index] for index in rng.permutation(len(clips)))
    return SpeechCommands(labels=(SILENCE, UNKNOWN, *words), parts=parts, split_by=split_by)


def part_of_clips(folder: ClipFolder, shares: Shares, *, use_lists: bool = True) -> tuple[SplitBy, list[Part]]:
    """Return the basis of the split, and the part of each clip of the folder, in its order.

    use_lists: use validation_list.txt and testing_list.txt if present.
    """
    if use_lists and has_lists(folder.root):
        listed = read_lists(folder.root)
        return "lists", [listed.get(name_of_clip(clip), "training") for clip in folder.clips]
    percent = {"validation_percent": shares.validation, "testing_percent": shares.testing}
    if len(folder.speakers()) >= _FEW_SPEAKERS:
        return "speaker", [part_of_file(name_of_clip(clip).split("/")[-1], **percent) for clip in folder.clips]
    return "file", [part_of_speaker(name_of_clip(clip), **percent) for clip in folder.clips]


def _with_validation(folder: ClipFolder, sides: Sequence[Part], shares: Shares) -> list[Part]:
    """Return the parts with some clips for validation, of those for training: a set's own lists may have none."""
    only_training = replace(shares, testing=0.0)
    others = part_of_clips(folder, only_training, use_lists=False)[1]
    return [other if side == "training" else side for side, other in zip(sides, others, strict=True)]


def name_of_clip(clip: LabelledClip) -> str:
    """Return label/file of a clip that is a file, as lists have it."""
    return listed_name(clip.path) if clip.path else ""


def _silence(background: Sequence[Path], n: int, rng: np.random.Generator) -> list[LabelledClip]:
    """Return n pieces of the background at any loudness, or digital silence where there is none."""
    lengths = [len(read_sound(path)) for path in background]
    clips = []
    for _ in range(n):
        if not background:
            clips.append(LabelledClip(path=None, label=SILENCE))
            continue
        which = int(rng.integers(len(background)))
        begin = int(rng.integers(0, max(lengths[which] - CLIP_SAMPLES, 0) + 1))
        gain = float(rng.uniform(*_SILENCE_GAINS))
        clips.append(LabelledClip(path=background[which], label=SILENCE, begin=begin, gain=gain))
    return clips
