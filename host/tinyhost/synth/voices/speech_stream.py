"""Long recordings with words at known times, for realistic evaluation of keyword spotting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.keywords import UNKNOWN
from tinyhost.audio.levels import active_rms, rms, to_pcm
from tinyhost.audio.mix import add_at
from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.audio.speakers import Part
from tinyhost.audio.wav import new_wav
from tinyhost.sensors.annotations import Annotation, write_annotations
from tinyhost.synth.voices.acoustics import Acoustics, noise_of, place
from tinyhost.synth.voices.clips import SpeechConfig
from tinyhost.synth.voices.talk import Talk

__all__ = ["SpeechStreamConfig", "stream_blocks", "write_stream"]

_BLOCK_S = 30
_BLOCK = _BLOCK_S * SAMPLE_RATE_HZ
_FADE = SAMPLE_RATE_HZ // 2
_TAIL = SAMPLE_RATE_HZ // 4  # of reverberation behind a word


@dataclass(frozen=True, kw_only=True)
class SpeechStreamConfig:
    """The parameters of a long recording."""

    words: tuple[str, ...]
    minutes: float
    snr_db: float = 10.0
    seed: int = 0
    part: Part = "testing"
    """the part of the split that speaks"""
    gap_s: tuple[float, float] = (1.0, 6.0)
    """pause between utterances, drawn uniformly"""
    unknown_share: float = 0.5
    """of the utterances: other words and running speech"""
    noise_dbfs: tuple[float, float] = (-55.0, -35.0)
    acoustics: Acoustics = field(default_factory=Acoustics)
    """of the room and the kinds of noise; its ratios and levels are not used"""
    cache_dir: Path | None = None


def write_stream(
    path: Path, config: SpeechStreamConfig, *, on_block: Callable[[int, int], None] = lambda done, total: None
) -> list[Annotation]:
    """Write the wav file and, beside it, the annotations as .csv; return them.

    on_block: called with seconds done and in total. The same options write the same bytes, with one version of
    espeak-ng. Raises DatasetError if it exceeds a wav file's size, UsageError, MissingToolError, OSError.
    """
    total = round(config.minutes * 60)
    truth = []
    with new_wav(path) as wav:
        for pcm, words in stream_blocks(config):
            wav.write(pcm)
            truth += words
            on_block(wav.n_samples // SAMPLE_RATE_HZ, total)
    write_annotations(path.with_suffix(".csv"), truth)
    return truth


def stream_blocks(config: SpeechStreamConfig) -> Iterator[tuple[NDArray[np.int16], list[Annotation]]]:
    """Yield the sound in blocks of at most 30 s, with the words that begin in each; times count from the start.

    A word is config.snr_db above the noise during this very word; where it would clip, both are quieter.
    """
    checked = SpeechConfig(words=config.words, part=config.part, seed=config.seed)
    talk = Talk(words=checked.words, part=config.part, cache_dir=config.cache_dir)
    left = round(config.minutes * 60 * SAMPLE_RATE_HZ)
    before = np.zeros(_FADE, np.float32)
    number = 0
    while left > 0:
        n = min(_BLOCK, left)
        rng = np.random.default_rng((config.seed, 0x57EA, number))
        level = 10 ** (rng.uniform(*config.noise_dbfs) / 20)
        noise = noise_of(_BLOCK + _FADE, rng, config.acoustics, talk) * np.float32(level)
        rise = np.linspace(0.0, 1.0, _FADE, dtype=np.float32)
        noise[:_FADE] = noise[:_FADE] * rise**0.5 + before * (1 - rise) ** 0.5
        before = noise[_BLOCK:]
        block, words = _speak(noise[:n], rng, config, talk)
        start_s = number * _BLOCK_S
        yield to_pcm(block), [_later(word, start_s) for word in words]
        left -= n
        number += 1


def _speak(
    noise: NDArray[np.float32], rng: np.random.Generator, config: SpeechStreamConfig, talk: Talk
) -> tuple[NDArray[np.float32], list[Annotation]]:
    """Return noise with utterances, and these; none crosses the ends."""
    block = noise.copy()
    words: list[Annotation] = []
    at = int(rng.uniform(*config.gap_s) * SAMPLE_RATE_HZ)
    while True:
        is_other = rng.random() < config.unknown_share
        text = talk.other_text(rng) if is_other else config.words[int(rng.integers(len(config.words)))]
        dry = talk.say(text, talk.voice(rng), rng)
        end = at + len(dry)
        if end + _TAIL > len(noise):
            return block, words
        heard = place(np.pad(dry, (0, _TAIL)), rng, config.acoustics)
        gain = rms(noise[at:end]) * 10 ** (config.snr_db / 20) / max(active_rms(heard), 1e-9)
        add_at(block, heard * np.float32(gain), at)
        label = UNKNOWN if is_other else text
        words.append(Annotation(start_s=at / SAMPLE_RATE_HZ, end_s=end / SAMPLE_RATE_HZ, label=label))
        at = end + int(rng.uniform(*config.gap_s) * SAMPLE_RATE_HZ)


def _later(word: Annotation, seconds: float) -> Annotation:
    return Annotation(start_s=word.start_s + seconds, end_s=word.end_s + seconds, label=word.label)
