"""Clips as keyword spotting is trained on them: wanted words, `unknown`, `silence`, in three parts.

As TensorFlow's speech_commands example does it, and with it the published figures: a speaker is in one part; other
words are drawn for `unknown` and pieces of the background for `silence`, each as a share of the wanted clips.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from tinyhost.audio.keywords import CLIP_SAMPLES, SILENCE, UNKNOWN
from tinyhost.audio.sound_file import read_sound
from tinyhost.audio.speakers import PARTS, Part, part_of_file, part_of_speaker
from tinyhost.datasets.clips import ClipFolder, LabelledClip, load_clip_folder
from tinyhost.datasets.skipped import Skipped
from tinyhost.errors import DatasetError, UsageError
from tinyhost.protocol.labels import normal_label
from tinyhost.system.durable import write_atomically
from tinyhost.system.reading import read_text

__all__ = [
    "LIST_FILES",
    "Shares",
    "SpeechCommands",
    "SplitBy",
    "SplitDocument",
    "divide",
    "part_of_clips",
    "split_folder",
    "write_lists",
]

SplitBy = Literal["lists", "speaker", "file"]
LIST_FILES: dict[Part, str] = {"validation": "validation_list.txt", "testing": "testing_list.txt"}
_FEW_SPEAKERS = 3
_MAX_LIST_BYTES = 1 << 26
_SILENCE_GAINS = (0.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class Shares:
    """How much of what, in percent; the defaults are the field's."""

    validation: float = 10.0
    testing: float = 10.0
    unknown: float = 10.0
    """of the number of wanted clips"""
    silence: float = 10.0
    """of the number of wanted clips"""

    def __post_init__(self) -> None:
        shares = (self.validation, self.testing, self.unknown, self.silence)
        if not all(0 <= share <= 1000 for share in shares) or self.validation + self.testing >= 100:
            raise UsageError(f"shares in percent make no sense: {self}", hint="validation and testing: below 100")


@dataclass(frozen=True, kw_only=True)
class SpeechCommands:
    """A data set ready for training."""

    labels: tuple[str, ...]
    """silence, unknown, then the words: the order of TFLM's micro_speech"""
    parts: dict[Part, tuple[LabelledClip, ...]]
    """in a seeded order"""
    split_by: SplitBy
    """what decides on a clip's part: the set's own lists, its speaker, or, with fewer than three speakers, its name"""

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
    """Return what decides on a clip's part, and the part of each clip of the folder, in its order.

    use_lists: believe validation_list.txt and testing_list.txt where both are there.
    """
    if use_lists and all((folder.root / name).is_file() for name in LIST_FILES.values()):
        listed = {name: part for part, file in LIST_FILES.items() for name in _read_list(folder.root / file)}
        return "lists", [listed.get(_name(clip), "training") for clip in folder.clips]
    percent = {"validation_percent": shares.validation, "testing_percent": shares.testing}
    if len(folder.speakers()) >= _FEW_SPEAKERS:
        return "speaker", [part_of_file(_name(clip).split("/")[-1], **percent) for clip in folder.clips]
    return "file", [part_of_speaker(_name(clip), **percent) for clip in folder.clips]


@dataclass(frozen=True, kw_only=True)
class SplitDocument:
    """`tinyhost data split SET --json FILE`."""

    schema: Literal["tinyhost.data_split/1"] = "tinyhost.data_split/1"
    folder: Path
    by: SplitBy
    """`speaker`, or `file` with fewer than 3 speakers"""
    parts: Mapping[Part, int]
    """clips, by part: `training`, `validation`, `testing`"""
    skipped: tuple[Skipped, ...]
    """files that cannot be used"""


def split_folder(
    folder: Path, shares: Shares, *, on_file: Callable[[int, int], None] = lambda done, total: None
) -> SplitDocument:
    """Write the lists of a split into a folder of clips, and return how many clips each part has."""
    clips = load_clip_folder(folder, on_file=on_file)
    split_by, sides = part_of_clips(clips, shares, use_lists=False)
    write_lists(clips, sides)
    parts = {part: sides.count(part) for part in PARTS}
    return SplitDocument(folder=folder, by=split_by, parts=parts, skipped=clips.skipped)


def write_lists(folder: ClipFolder, sides: Sequence[Part]) -> None:
    """Write the lists of the clips for validation and for testing into the folder, as Speech Commands has them."""
    for part, file in LIST_FILES.items():
        names = sorted(_name(clip) for clip, side in zip(folder.clips, sides, strict=True) if side == part)
        write_atomically(folder.root / file, "".join(f"{name}\n" for name in names).encode("utf-8"))


def _name(clip: LabelledClip) -> str:
    """Return label/file of a clip that is a file, composed (NFC)."""
    return normal_label(f"{clip.path.parent.name}/{clip.path.name}") if clip.path else ""


def _read_list(path: Path) -> list[str]:
    return normal_label(read_text(path, max_bytes=_MAX_LIST_BYTES)).splitlines()


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
