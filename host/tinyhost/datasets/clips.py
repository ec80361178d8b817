"""Labelled clips: class folders of wav files, in the layout of Speech Commands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.keywords import CLIP_SAMPLES
from tinyhost.audio.levels import fit_length, to_float, to_pcm
from tinyhost.audio.sound_file import read_sound
from tinyhost.audio.speakers import named_speaker
from tinyhost.datasets.folder import SOUNDS, label_of, labelled_files
from tinyhost.datasets.skipped import Skipped, none_usable
from tinyhost.datasets.store import BACKGROUND_LABEL, validate_label
from tinyhost.errors import DatasetError, MissingToolError

__all__ = ["ClipFolder", "LabelledClip", "load_clip_folder"]


@dataclass(frozen=True, kw_only=True)
class LabelledClip:
    """One second of sound and its class: a file, a piece of a long one, or digital silence."""

    path: Path | None
    """None: silence"""
    label: str
    begin: int | None = None
    """first sample of a piece; None: the file's loudest second, or all of it in the middle of zeros"""
    gain: float = 1.0

    @property
    def speaker(self) -> str:
        """The speaker, by the file's name; empty if it has none."""
        return named_speaker(self.path.name) if self.path else ""

    def read(self) -> NDArray[np.int16]:
        """Return the sound, (16000,). Raises DatasetError if the file has gone bad."""
        if self.path is None:
            return np.zeros(CLIP_SAMPLES, np.int16)
        pcm = read_sound(self.path)
        piece = fit_length(pcm if self.begin is None else pcm[self.begin : self.begin + CLIP_SAMPLES], CLIP_SAMPLES)
        return piece if self.gain == 1.0 else to_pcm(to_float(piece) * np.float32(self.gain))


@dataclass(frozen=True, kw_only=True)
class ClipFolder:
    """A folder of labelled clips, in the order of label and name."""

    root: Path
    labels: tuple[str, ...]
    """sorted; without the background's"""
    clips: tuple[LabelledClip, ...]
    background: tuple[Path, ...]
    """long files without a word"""
    skipped: tuple[Skipped, ...]
    """files that cannot be used, each with the reason"""
    n_samples: int
    """of all clips"""

    def __iter__(self) -> Iterator[LabelledClip]:
        return iter(self.clips)

    def __len__(self) -> int:
        return len(self.clips)

    def counts(self) -> dict[str, int]:
        """Return the number of clips per label."""
        return dict(sorted(Counter(clip.label for clip in self.clips).items()))

    def speakers(self) -> frozenset[str]:
        """Return the speakers, as far as the names contain them."""
        return frozenset(clip.speaker for clip in self.clips if clip.speaker)


def load_clip_folder(path: Path, *, on_file: Callable[[int, int], None] = lambda done, total: None) -> ClipFolder:
    """Return the labelled clips of a folder that holds one folder per class.

    Every file is read once; unusable files (truncated, another rate, a label that no model can have) are skipped and
    reported. on_file: called with files done and in total. Raises DatasetError if the folder is missing, holds no
    class, or no clip of it can be used.
    """
    listing = labelled_files(path, SOUNDS)
    clips, background, skipped, n_samples = [], [], list(listing.skipped), 0
    for done, file in enumerate(listing.files, 1):
        try:
            label = validate_label(label_of(file))
            length = len(read_sound(file))
        except (DatasetError, MissingToolError) as error:
            skipped.append(Skipped(what=file.relative_to(path).as_posix(), reason=error.message))
            continue
        finally:
            on_file(done, len(listing.files))
        if label == BACKGROUND_LABEL:
            background.append(file)
        else:
            clips.append(LabelledClip(path=file, label=label))
            n_samples += length
    if not clips and not background:
        raise none_usable(path, skipped, hint="convert them while importing: tinyhost data import --resample")
    return ClipFolder(
        root=path,
        labels=tuple(sorted({clip.label for clip in clips})),
        clips=tuple(clips),
        background=tuple(background),
        skipped=tuple(skipped),
        n_samples=n_samples,
    )
