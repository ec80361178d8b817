"""The simulation of a microphone in a noisy room, from a dry voice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.effects import equalize, reverberate, room_impulse_response
from tinyhost.audio.levels import active_rms, peak, rms
from tinyhost.audio.mix import add_at, mix_at_snr
from tinyhost.audio.noise import NOISES, make_noise
from tinyhost.synth.voices.talk import Talk

__all__ = ["Acoustics", "background", "hear", "noise_of", "place"]

_BABBLE = "babble"
_HEADROOM = 0.97
_MARGIN = 400  # 25 ms of the clip stay free before and after a word, where there is room


@dataclass(frozen=True, kw_only=True)
class Acoustics:
    """Ranges that each clip draws from uniformly."""

    snr_db: tuple[float, float] = (5.0, 30.0)
    """of the word against the noise"""
    level_dbfs: tuple[float, float] = (-38.0, -16.0)
    """level of the word; lowered where it would clip"""
    silence_dbfs: tuple[float, float] = (-75.0, -30.0)
    """level of the noise in clips without speech"""
    noises: tuple[str, ...] = (*NOISES, _BABBLE)
    reverberant_share: float = 0.6
    """share of the clips with reverberation; the others are dry"""
    rt60_s: tuple[float, float] = (0.1, 0.6)
    distance_m: tuple[float, float] = (0.2, 2.0)
    equalizer_db: float = 4.0
    """spread of the gain of each octave"""


def hear(
    spoken: NDArray[np.float32], n: int, rng: np.random.Generator, acoustics: Acoustics, talk: Talk
) -> NDArray[np.float32]:
    """Return n samples with a dry word somewhere in them, as heard in a room, with noise, at the drawn SNR."""
    clip = np.zeros(n, np.float32)
    _place_anywhere(clip, spoken, rng)
    clip = place(clip, rng, acoustics)
    mixed = mix_at_snr(clip, noise_of(n, rng, acoustics, talk), rng.uniform(*acoustics.snr_db))
    gain = 10 ** (rng.uniform(*acoustics.level_dbfs) / 20) / max(active_rms(clip), 1e-6)
    return mixed * np.float32(min(gain, _HEADROOM / max(peak(mixed), 1e-6)))


def background(n: int, rng: np.random.Generator, acoustics: Acoustics, talk: Talk) -> NDArray[np.float32]:
    """Return n samples of background without a word."""
    noise = noise_of(n, rng, acoustics, talk)
    gain = 10 ** (rng.uniform(*acoustics.silence_dbfs) / 20)
    return noise * np.float32(min(gain, _HEADROOM / max(peak(noise), 1e-6)))


def place(spoken: NDArray[np.float32], rng: np.random.Generator, acoustics: Acoustics) -> NDArray[np.float32]:
    """Return dry speech in a random room through a random microphone, at the same length."""
    heard = spoken
    if rng.random() < acoustics.reverberant_share:
        room = room_impulse_response(
            rng, rt60_s=rng.uniform(*acoustics.rt60_s), distance_m=rng.uniform(*acoustics.distance_m)
        )
        heard = reverberate(heard, room)
    return equalize(heard, _colour(rng, acoustics))


def noise_of(n: int, rng: np.random.Generator, acoustics: Acoustics, talk: Talk) -> NDArray[np.float32]:
    """Return n samples of one of the noises, or of two, coloured by the room; the RMS is 1."""
    kinds = rng.choice(acoustics.noises, int(rng.integers(1, 3)))
    sounds = [talk.babble(n, rng) if kind == _BABBLE else make_noise(str(kind), n, rng) for kind in kinds]
    total = sum((sound * np.float32(rng.uniform(0.3, 1.0)) for sound in sounds), np.zeros(n, np.float32))
    coloured = equalize(total, _colour(rng, acoustics))
    return coloured / np.float32(max(rms(coloured), 1e-9))


def _colour(rng: np.random.Generator, acoustics: Acoustics) -> NDArray[np.float64]:
    """Return gains in dB for `equalize`: uneven, and with little below 125 Hz, as small microphones have."""
    gains = rng.normal(0.0, acoustics.equalizer_db, 8)
    gains[0] -= rng.uniform(0.0, 20.0)
    return gains


def _place_anywhere(clip: NDArray[np.float32], spoken: NDArray[np.float32], rng: np.random.Generator) -> None:
    room = len(clip) - len(spoken)
    margin = min(_MARGIN, abs(room) // 2)
    begin = int(rng.integers(margin, room - margin + 1)) if room >= 0 else int(rng.integers(room + margin, 1 - margin))
    add_at(clip, spoken, begin)
