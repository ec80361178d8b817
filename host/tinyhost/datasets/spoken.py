"""Synthetic speech as a data set on disk, in the layout of Speech Commands."""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path

import numpy as np

from tinyhost.audio.keywords import UNKNOWN
from tinyhost.audio.levels import to_pcm
from tinyhost.audio.noise import NOISES, make_noise
from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.audio.speakers import PARTS, Part
from tinyhost.audio.wav import wav_bytes
from tinyhost.datasets.manifest import Sample, write_manifest
from tinyhost.datasets.parts import write_lists
from tinyhost.datasets.store import BACKGROUND_LABEL, validate_label
from tinyhost.errors import DatasetError
from tinyhost.synth.voices.acoustics import Acoustics
from tinyhost.synth.voices.clips import Job, SpeechClip, SpeechConfig, make_clips
from tinyhost.synth.voices.espeak import espeak_version
from tinyhost.synth.voices.talk import Talk
from tinyhost.synth.voices.words import other_words
from tinyhost.system.durable import write_atomically

__all__ = ["SpeechSet", "write_speech_set"]


_BACKGROUND_RMS = 0.03
_PARTS_OF_TEN: tuple[Part, ...] = ("training",) * 7 + ("validation",) + ("testing",) * 2


@dataclass(frozen=True, kw_only=True)
class SpeechSet:
    """What to write."""

    words: tuple[str, ...]
    count: int
    """clips of each word; 70 % by training's voices, 10 % by validation's, 20 % by testing's"""
    other_count: int
    """clips of other words, for the class `unknown`, each in its own word's folder"""
    seed: int = 0
    background_s: float = 60.0
    """length of each file of noise"""
    acoustics: Acoustics = field(default_factory=Acoustics)
    cache_dir: Path | None = None


def write_speech_set(
    folder: Path,
    config: SpeechSet,
    *,
    n_workers: int = 2,
    on_clip: Callable[[int, int], None] = lambda done, total: None,
) -> list[Sample]:
    """Write `folder/<word>/<speaker>_nohash_<n>.wav`, noise, the lists of the split, and a manifest; return its lines.

    The split that Speech Commands' rule makes of the files' names is that of the voices. on_clip: called with clips
    done and in total. The same config writes the same bytes, with one version of espeak-ng. Raises DatasetError if the
    folder holds anything, UsageError for words that cannot be, MissingToolError without espeak-ng.
    """
    jobs = list(_jobs(config))
    if folder.exists() and any(folder.iterdir()):
        raise DatasetError(f"{folder}: the folder is not empty", hint="name a new folder, or delete this one")
    numbers: Counter[tuple[str, str]] = Counter()
    samples: list[Sample] = []
    parts: dict[str, Part] = {}
    for done, (job, clip) in enumerate(zip(jobs, make_clips(jobs, n_workers=n_workers), strict=True), 1):
        file = f"{clip.text}/{clip.voice_id}_nohash_{numbers[clip.text, clip.voice_id]}.wav"
        numbers[clip.text, clip.voice_id] += 1
        samples.append(_write(folder, file, clip))
        parts[file] = job.config.part
        on_clip(done, len(jobs))
    samples += _write_background(folder, config)
    write_lists(folder, parts)
    write_manifest(folder, samples)
    return samples


def _jobs(config: SpeechSet) -> Iterator[Job]:
    """Yield all clips to be made, words first."""
    configs: dict[Part, SpeechConfig] = {
        part: SpeechConfig(
            words=tuple(map(validate_label, config.words)),
            part=part,
            seed=config.seed,
            acoustics=config.acoustics,
            cache_dir=config.cache_dir,
        )
        for part in PARTS
    }
    for word in config.words:
        for index in range(config.count):
            yield Job(config=configs[_PARTS_OF_TEN[index % 10]], label=word, index=index)
    for index in range(config.other_count):
        part = _PARTS_OF_TEN[index % 10]
        others = other_words(config.words, part)
        rng = np.random.default_rng((config.seed, zlib.crc32(b"others"), index))
        yield Job(config=configs[part], label=UNKNOWN, index=index, text=others[int(rng.integers(len(others)))])


def _write(folder: Path, file: str, clip: SpeechClip) -> Sample:
    content = wav_bytes(clip.pcm)
    write_atomically(folder / file, content, sync=False)
    return replace(
        _sample(file, content, len(clip.pcm)), speaker=clip.voice_id, note=f"espeak-ng {espeak_version()}, {clip.voice}"
    )


def _write_background(folder: Path, config: SpeechSet) -> Iterator[Sample]:
    """Write one file of each kind of noise, and one of many people talking."""
    n = int(config.background_s * SAMPLE_RATE_HZ)
    talk = Talk(words=config.words, part="training", cache_dir=config.cache_dir)
    for kind in (*NOISES, "babble"):
        rng = np.random.default_rng((config.seed, zlib.crc32(kind.encode())))
        sound = talk.babble(n, rng) if kind == "babble" else make_noise(kind, n, rng)
        content = wav_bytes(to_pcm(sound * np.float32(_BACKGROUND_RMS)))
        file = f"{BACKGROUND_LABEL}/{kind}.wav"
        write_atomically(folder / file, content, sync=False)
        yield _sample(file, content, n)


def _sample(file: str, content: bytes, n_samples: int) -> Sample:
    return Sample(
        file=file,
        sha256=hashlib.sha256(content).hexdigest(),
        label=file.split("/", 1)[0],
        time=datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
        sensor="synthetic",
        sample_rate_hz=SAMPLE_RATE_HZ,
        n_samples=n_samples,
        n_channels=1,
    )
