"""Background noise, made from a random generator: the same state gives the same noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.levels import rms

__all__ = ["NOISES", "babble", "make_noise"]

_RATE_HZ = 16_000
_Sound = NDArray[np.float32]


def make_noise(kind: str, n: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return n samples at 16 kHz of one of NOISES, with an RMS of 1 and larger peaks. Raises KeyError."""
    return _unit(NOISES[kind](n, rng))


def babble(clips: Sequence[NDArray[np.float32]], n: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return n samples of all voices in `clips` talking at once, with an RMS of 1.

    The clips repeat independently of one another, with a short pause in between.
    """
    total = np.zeros(n, np.float32)
    for clip in clips:
        level = rms(clip)
        if level > 0.0:
            pause = np.zeros(int(rng.integers(800, 6400)), np.float32)
            loop = np.concatenate((clip / np.float32(level), pause))
            total += np.take(loop, np.arange(n) + int(rng.integers(len(loop))), mode="wrap")
    return _unit(total)


def _unit(sound: NDArray[np.floating]) -> _Sound:
    samples = sound.astype(np.float32)
    level = rms(samples)
    return samples / np.float32(level) if level > 0.0 else samples


def _coloured(n: int, rng: np.random.Generator, exponent: float, low_hz: float = 40.0) -> _Sound:
    """Return noise whose power falls with frequency to the power `exponent`, with nothing below low_hz."""
    frequencies = np.fft.rfftfreq(max(n, 2), 1 / _RATE_HZ)
    phases = rng.normal(size=len(frequencies)) + 1j * rng.normal(size=len(frequencies))
    shape = np.maximum(frequencies, low_hz) ** (-exponent / 2)
    shape[frequencies < low_hz] = 0.0
    return np.fft.irfft(phases * shape, max(n, 2))[:n].astype(np.float32)


def _white(n: int, rng: np.random.Generator) -> _Sound:
    return _coloured(n, rng, 0.0)


def _pink(n: int, rng: np.random.Generator) -> _Sound:
    return _coloured(n, rng, 1.0)


def _brown(n: int, rng: np.random.Generator) -> _Sound:
    return _coloured(n, rng, 2.0)


def _slow(n: int, rng: np.random.Generator, rate_hz: float, low: float, high: float) -> _Sound:
    """Return a smooth random curve between low and high, with rate_hz new values a second."""
    n_knots = int(n / _RATE_HZ * rate_hz) + 2
    knots = rng.uniform(low, high, n_knots)
    return np.interp(np.arange(n) / _RATE_HZ * rate_hz, np.arange(n_knots), knots).astype(np.float32)


def _hum(n: int, rng: np.random.Generator) -> _Sound:
    """The mains: 50 or 60 Hz and its harmonics, and a little hiss."""
    base_hz = float(rng.choice((50.0, 60.0))) * rng.uniform(0.998, 1.002)
    time_s = np.arange(n) / _RATE_HZ
    total = np.zeros(n)
    for harmonic in range(1, int(rng.integers(6, 30))):
        level = rng.uniform(0.1, 1.0) / harmonic**0.7
        total += level * np.sin(2 * np.pi * (base_hz * harmonic * time_s + rng.random()))
    return _unit(total) + 0.05 * _unit(_pink(n, rng))


def _wind(n: int, rng: np.random.Generator) -> _Sound:
    """Low rumble in gusts."""
    return _unit(_coloured(n, rng, 2.5)) * _slow(n, rng, rng.uniform(0.5, 2.0), 0.1, 1.0) ** 2


def _engine(n: int, rng: np.random.Generator) -> _Sound:
    """A fan or motor: harmonics of a speed that wanders, and noise that it beats."""
    speed_hz = _slow(n, rng, 0.5, 0.93, 1.07) * rng.uniform(25.0, 120.0)
    turns = np.cumsum(speed_hz) / _RATE_HZ
    total = np.zeros(n)
    for harmonic in range(1, 16):
        total += rng.uniform(0.0, 1.0) / harmonic * np.sin(2 * np.pi * (harmonic * turns + rng.random()))
    beaten = _coloured(n, rng, rng.uniform(0.5, 1.5)) * (1.0 + 0.5 * np.sin(2 * np.pi * turns))
    return _unit(total) + rng.uniform(0.5, 2.0) * _unit(beaten)


def _clatter(n: int, rng: np.random.Generator) -> _Sound:
    """Dishes, keys, doors: sudden sounds that ring and die away, over a quiet room."""
    total = 0.03 * _unit(_pink(n, rng))
    for _ in range(1 + rng.poisson(rng.uniform(1.0, 6.0) * n / _RATE_HZ)):
        length = min(int(rng.uniform(0.01, 0.25) * _RATE_HZ), n)
        time_s = np.arange(length) / _RATE_HZ
        ring = np.zeros(length)
        for _ in range(int(rng.integers(1, 6))):
            ring += rng.uniform(0.2, 1.0) * np.sin(2 * np.pi * (rng.uniform(150.0, 6500.0) * time_s + rng.random()))
        ring += rng.normal(size=length) * rng.uniform(0.2, 2.0)
        hit = ring * np.exp(-time_s * 6.0 * _RATE_HZ / length) * rng.uniform(0.1, 1.0)
        begin = int(rng.integers(0, n - length + 1))
        total[begin : begin + length] += hit.astype(np.float32)
    return total


def _music(n: int, rng: np.random.Generator) -> _Sound:
    """Chords that change with a beat, of tones with harmonics."""
    beat = int(rng.uniform(0.2, 0.6) * _RATE_HZ)
    root = rng.uniform(110.0, 330.0)
    n_harmonics = int(rng.integers(2, 7))
    total = np.zeros(n)
    for begin in range(0, n, beat):
        time_s = np.arange(min(2 * beat, n - begin)) / _RATE_HZ
        chord = np.zeros(len(time_s))
        for step in rng.choice((0, 2, 4, 5, 7, 9, 11, 12), 3, replace=False):
            tone_hz = root * 2 ** (step / 12)
            for harmonic in range(1, n_harmonics + 1):
                chord += np.sin(2 * np.pi * tone_hz * harmonic * time_s) / harmonic
        total[begin : begin + len(chord)] += chord * np.exp(-3.0 * time_s) * np.minimum(1.0, time_s * 100.0)
    return _unit(total)


NOISES: dict[str, Callable[[int, np.random.Generator], NDArray[np.float32]]] = {
    "white": _white,
    "pink": _pink,
    "brown": _brown,
    "hum": _hum,
    "wind": _wind,
    "engine": _engine,
    "clatter": _clatter,
    "music": _music,
}
"""The kinds of noise, by name."""
