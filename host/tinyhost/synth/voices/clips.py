"""Seeded synthetic speech: one-second clips of words, other words and silence, as a microphone in a room hears them.

Speech is espeak-ng's, so it is no substitute for people; it lets the whole product run without a recording.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.keywords import CLIP_SAMPLES, SILENCE, UNKNOWN
from tinyhost.audio.levels import to_pcm
from tinyhost.audio.speakers import PARTS, Part
from tinyhost.errors import UsageError
from tinyhost.synth.voices.acoustics import Acoustics, background, hear
from tinyhost.synth.voices.espeak import validate_text
from tinyhost.synth.voices.talk import Talk
from tinyhost.system.signals import ignore_interrupts

__all__ = [
    "CLIP_SAMPLES",
    "SILENCE",
    "UNKNOWN",
    "Job",
    "SpeechClip",
    "SpeechConfig",
    "make_clip",
    "make_clips",
    "speech_clips",
]

_CHUNK = 16


@dataclass(frozen=True, kw_only=True)
class SpeechClip:
    """One second of sound and its description."""

    pcm: NDArray[np.int16]
    """(16000,)"""
    label: str
    """one of the words, `unknown` or `silence`"""
    voice_id: str
    """the speaker: eight hex digits; empty for silence"""
    voice: str
    """espeak-ng's name of it; empty for silence"""
    text: str
    """the spoken text; empty for silence"""


@dataclass(frozen=True, kw_only=True)
class SpeechConfig:
    """An endless, seeded sequence of clips; the clip at an index is always the same."""

    words: tuple[str, ...]
    part: Part = "training"
    """the part of the split: no voice is in two parts"""
    seed: int = 0
    unknown_share: float = 0.2
    silence_share: float = 0.1
    """of all clips; the words have equal shares of the rest"""
    acoustics: Acoustics = field(default_factory=Acoustics)
    cache_dir: Path | None = None
    """of spoken words; by default the user's"""

    def __post_init__(self) -> None:
        if not self.words or len(set(self.words)) != len(self.words):
            raise UsageError(f"words {list(self.words)}: expected one or more, each once", hint="as in: --words yes,no")
        for word in self.words:
            validate_text(word)
            if word in {SILENCE, UNKNOWN}:
                raise UsageError(f"{word!r} is the name of a built-in class", hint="omit it: the class always exists")
        if self.part not in PARTS:
            raise UsageError(f"part {self.part!r}: expected one of {', '.join(PARTS)}")
        if min(self.unknown_share, self.silence_share) < 0 or self.unknown_share + self.silence_share >= 1:
            raise UsageError(f"shares {self.unknown_share} and {self.silence_share}: expected a sum below 1")

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes, in the order of TFLM's micro_speech: silence, unknown, then the words."""
        return (SILENCE, UNKNOWN, *self.words)

    def job(self, index: int) -> Job:
        """Return the job at an index."""
        rng = np.random.default_rng((self.seed, zlib.crc32(self.part.encode()), index))
        draw = rng.random()
        if draw < self.silence_share:
            label = SILENCE
        elif draw < self.silence_share + self.unknown_share:
            label = UNKNOWN
        else:
            label = self.words[int(rng.integers(len(self.words)))]
        return Job(config=self, label=label, index=index)


@dataclass(frozen=True, kw_only=True)
class Job:
    """The description of one clip: the same job makes the same clip."""

    config: SpeechConfig
    label: str
    """one of the config's labels"""
    index: int
    text: str = ""
    """for `unknown`: the word to say; by default any, or a piece of running speech"""


def speech_clips(config: SpeechConfig, n_clips: int, *, start: int = 0, n_workers: int = 2) -> Iterator[SpeechClip]:
    """Yield the config's clips from index `start` on, lazily and in order, made by worker processes.

    n_workers: below 2, they are made in this process. Raises MissingToolError if espeak-ng is not installed.
    """
    return make_clips((config.job(index) for index in range(start, start + n_clips)), n_workers=n_workers)


def make_clips(jobs: Iterable[Job], *, n_workers: int = 2) -> Iterator[SpeechClip]:
    """Yield the clips of jobs, in their order; see `speech_clips`."""
    if n_workers < 2:
        yield from map(make_clip, jobs)
        return
    waiting: deque[Future[list[SpeechClip]]] = deque()
    pool = ProcessPoolExecutor(n_workers, mp_context=get_context("spawn"), initializer=ignore_interrupts)
    try:
        for chunk in _chunks(jobs):
            waiting.append(pool.submit(_make_chunk, chunk))
            if len(waiting) > 2 * n_workers:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _chunks(jobs: Iterable[Job]) -> Iterator[list[Job]]:
    rest = iter(jobs)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk


def _make_chunk(jobs: list[Job]) -> list[SpeechClip]:
    return [make_clip(job) for job in jobs]


def make_clip(job: Job) -> SpeechClip:
    """Return one clip; the same job makes the same clip, with one version of espeak-ng."""
    config = job.config
    entropy = (config.seed, zlib.crc32(f"{config.part}/{job.label}/{job.text}".encode()), job.index)
    rng = np.random.default_rng(entropy)
    talk = Talk(words=config.words, part=config.part, cache_dir=config.cache_dir)
    if job.label == SILENCE:
        sound = background(CLIP_SAMPLES, rng, config.acoustics, talk)
        return SpeechClip(pcm=to_pcm(sound), label=SILENCE, voice_id="", voice="", text="")
    voice = talk.voice(rng)
    text = job.label if job.label != UNKNOWN else job.text or talk.other_text(rng)
    sound = hear(talk.say(text, voice, rng), CLIP_SAMPLES, rng, config.acoustics, talk)
    return SpeechClip(pcm=to_pcm(sound), label=job.label, voice_id=voice.voice_id, voice=voice.name, text=text)
