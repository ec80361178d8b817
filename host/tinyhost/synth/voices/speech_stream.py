"""Long sound with words at known times, for the evaluation of keyword spotting as people use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.keywords import UNKNOWN
from tinyhost.audio.levels import active_rms, rms, to_pcm
from tinyhost.audio.mix import add_at
from tinyhost.audio.speakers import Part
from tinyhost.audio.wav import SAMPLE_RATE_HZ, new_wav
from tinyhost.sensors.annotations import Annotation, write_annotations
from tinyhost.synth.voices.acoustics import Acoustics, noise_of, place
from tinyhost.synth.voices.clips import SpeechPlan
from tinyhost.synth.voices.talk import Talk

__all__ = ["StreamPlan", "stream_blocks", "write_stream"]

_BLOCK_S = 30
_BLOCK = _BLOCK_S * SAMPLE_RATE_HZ
_FADE = SAMPLE_RATE_HZ // 2
_TAIL = SAMPLE_RATE_HZ // 4  # of reverberation behind a word


@dataclass(frozen=True, kw_only=True)
class StreamPlan:
    """A long recording to be made."""

    words: tuple[str, ...]
    minutes: float
    snr_db: float = 10.0
    seed: int = 0
    part: Part = "testing"
    """whose voices are heard"""
    gap_s: tuple[float, float] = (1.0, 6.0)
    """pause from one utterance to the next, drawn evenly"""
    unknown_share: float = 0.5
    """of the utterances: other words and running speech"""
    noise_dbfs: tuple[float, float] = (-55.0, -35.0)
    acoustics: Acoustics = field(default_factory=Acoustics)
    """of the room and the kinds of noise; its ratios and levels are not used"""
    cache_dir: Path | None = None


def write_stream(
    path: Path, plan: StreamPlan, *, on_block: Callable[[int, int], None] = lambda done, total: None
) -> list[Annotation]:
    """Write the wav file and, beside it as .csv, what is said when; return the latter.

    on_block: called with seconds done and in total. The same plan writes the same bytes, with one version of espeak-ng.
    Raises DatasetError for what a wav file cannot hold, UsageError, MissingToolError, OSError.
    """
    total = round(plan.minutes * 60)
    truth = []
    with new_wav(path) as wav:
        for pcm, words in stream_blocks(plan):
            wav.write(pcm)
            truth += words
            on_block(wav.n_samples // SAMPLE_RATE_HZ, total)
    write_annotations(path.with_suffix(".csv"), truth)
    return truth


def stream_blocks(plan: StreamPlan) -> Iterator[tuple[NDArray[np.int16], list[Annotation]]]:
    """Yield the sound in blocks of at most 30 s, with the words that begin in each; times count from the start.

    A word is plan.snr_db above the noise during this very word; where it would clip, both are quieter.
    """
    checked = SpeechPlan(words=plan.words, part=plan.part, seed=plan.seed)
    talk = Talk(words=checked.words, part=plan.part, cache_dir=plan.cache_dir)
    left = round(plan.minutes * 60 * SAMPLE_RATE_HZ)
    before = np.zeros(_FADE, np.float32)
    number = 0
    while left > 0:
        n = min(_BLOCK, left)
        rng = np.random.default_rng((plan.seed, 0x57EA, number))
        level = 10 ** (rng.uniform(*plan.noise_dbfs) / 20)
        noise = noise_of(_BLOCK + _FADE, rng, plan.acoustics, talk) * np.float32(level)
        rise = np.linspace(0.0, 1.0, _FADE, dtype=np.float32)
        noise[:_FADE] = noise[:_FADE] * rise**0.5 + before * (1 - rise) ** 0.5
        before = noise[_BLOCK:]
        block, words = _speak(noise[:n], rng, plan, talk)
        start_s = number * _BLOCK_S
        yield to_pcm(block), [_later(word, start_s) for word in words]
        left -= n
        number += 1


def _speak(
    noise: NDArray[np.float32], rng: np.random.Generator, plan: StreamPlan, talk: Talk
) -> tuple[NDArray[np.float32], list[Annotation]]:
    """Return noise with utterances, and these; none crosses the ends."""
    block = noise.copy()
    words: list[Annotation] = []
    at = int(rng.uniform(*plan.gap_s) * SAMPLE_RATE_HZ)
    while True:
        is_other = rng.random() < plan.unknown_share
        text = talk.other_text(rng) if is_other else plan.words[int(rng.integers(len(plan.words)))]
        dry = talk.say(text, talk.voice(rng), rng)
        end = at + len(dry)
        if end + _TAIL > len(noise):
            return block, words
        heard = place(np.pad(dry, (0, _TAIL)), rng, plan.acoustics)
        gain = rms(noise[at:end]) * 10 ** (plan.snr_db / 20) / max(active_rms(heard), 1e-9)
        add_at(block, heard * np.float32(gain), at)
        label = UNKNOWN if is_other else text
        words.append(Annotation(start_s=at / SAMPLE_RATE_HZ, end_s=end / SAMPLE_RATE_HZ, label=label))
        at = end + int(rng.uniform(*plan.gap_s) * SAMPLE_RATE_HZ)


def _later(word: Annotation, seconds: float) -> Annotation:
    return Annotation(start_s=word.start_s + seconds, end_s=word.end_s + seconds, label=word.label)
