"""Sounds that try a frontend: by a seed, of integers only where firmware tests make the same ones."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from tinyhost.audio.levels import to_pcm
from tinyhost.audio.noise import NOISES, make_noise
from tinyhost.synth.voices.speech_stream import SpeechStreamConfig, stream_blocks

__all__ = ["extreme_sound", "mixed_sound", "synthetic_sound"]

_RATE_HZ = 16_000
_SECTION = 1600  # samples of one kind
_WORDS = ("yes", "no", "stop", "left")
_Pcm = NDArray[np.int16]


def extreme_sound(n_samples: int) -> _Pcm:
    """Return sections of silence, noise at three levels, square, DC, impulses and a ramp.

    The same as ExtremeSound in firmware/test/support/extreme_sound.h.
    """
    state = 1
    samples = np.zeros(n_samples, np.int16)
    for i in range(n_samples):
        state = (state * 1_664_525 + 1_013_904_223) & 0xFFFFFFFF
        noise = (state >> 16) - 0x8000
        kinds = (
            0,
            noise >> 8,
            noise,
            32767 if i // 25 % 2 else -32768,
            -32768,
            -32768 if i % 97 == 0 else 0,
            i * 977 % 65536 - 32768,
            noise >> 13,
        )
        samples[i] = kinds[i // _SECTION % len(kinds)]
    return samples


def synthetic_sound(seconds: float, seed: int) -> Iterator[_Pcm]:
    """Yield sections of 2 to 6 s: noises, silence, clipping, squares, tones, sweeps, DC, impulses, jumping levels."""
    rng = np.random.default_rng(seed)
    makers = (_noise, _silence, _clipped, _square, _tones, _sweep, _constant, _impulses, _random_levels)
    n_left = int(seconds * _RATE_HZ)
    for make in itertools.cycle(makers):
        if n_left <= 0:
            return
        n = min(n_left, int(rng.integers(2 * _RATE_HZ, 6 * _RATE_HZ)))
        yield make(n, rng)
        n_left -= n


def mixed_sound(seconds: float, seed: int) -> Iterator[_Pcm]:
    """Yield synthetic_sound and, as long, words that espeak-ng speaks in noise, in turns."""
    speech = _speech(seed)
    for section in synthetic_sound(seconds / 2, seed):
        yield section
        yield _take(speech, len(section))


def _speech(seed: int) -> Iterator[_Pcm]:
    """Yield blocks of words in noise, without end."""
    while True:
        config = SpeechStreamConfig(words=_WORDS, minutes=2.0, seed=seed, gap_s=(0.2, 0.8), part="training")
        for block, _ in stream_blocks(config):
            yield block
        seed += 1


def _take(blocks: Iterator[_Pcm], n: int) -> _Pcm:
    taken: list[_Pcm] = []
    while sum(map(len, taken)) < n:
        taken.append(next(blocks))
    return np.concatenate(taken)[:n]


def _noise(n: int, rng: np.random.Generator) -> _Pcm:
    kind = str(rng.choice(sorted(NOISES)))
    return to_pcm(make_noise(kind, n, rng) * np.float32(10 ** rng.uniform(-4, -0.5)))


def _silence(n: int, rng: np.random.Generator) -> _Pcm:
    return rng.integers(-1, 2, n, dtype=np.int16) if rng.random() < 0.5 else np.zeros(n, np.int16)


def _clipped(n: int, rng: np.random.Generator) -> _Pcm:
    return to_pcm(make_noise("pink", n, rng) * np.float32(rng.uniform(1, 20)))


def _square(n: int, rng: np.random.Generator) -> _Pcm:
    high, low = (32767, -32768) if rng.random() < 0.5 else np.sort(rng.integers(-32768, 32768, 2))[::-1]
    return np.where(np.arange(n) // int(rng.integers(1, 400)) % 2, high, low).astype(np.int16)


def _tones(n: int, rng: np.random.Generator) -> _Pcm:
    times = np.arange(n) / _RATE_HZ
    frequencies = rng.uniform(20, 8000, int(rng.integers(1, 6)))
    tones = np.sum(np.sin(2 * np.pi * np.outer(frequencies, times)), axis=0)
    return to_pcm((tones * rng.uniform(0.001, 1.2)).astype(np.float32))


def _sweep(n: int, rng: np.random.Generator) -> _Pcm:
    phase = np.cumsum(np.linspace(rng.uniform(0, np.pi), rng.uniform(0, np.pi), n))
    return to_pcm((np.sin(phase) * rng.uniform(0.01, 1.0)).astype(np.float32))


def _constant(n: int, rng: np.random.Generator) -> _Pcm:
    level = int(rng.choice([-32768, 32767, int(rng.integers(-32768, 32768))]))
    return np.full(n, level, np.int16)


def _impulses(n: int, rng: np.random.Generator) -> _Pcm:
    quiet = rng.integers(-4, 5, n, dtype=np.int16)
    return np.where(rng.random(n) < 10 ** rng.uniform(-4, -1), rng.choice([-32768, 32767]), quiet).astype(np.int16)


def _random_levels(n: int, rng: np.random.Generator) -> _Pcm:
    levels = np.repeat(2.0 ** rng.uniform(0, 15, n // 100 + 1), 100)[:n]
    return np.clip(np.rint(rng.normal(size=n) * levels), -32768, 32767).astype(np.int16)
