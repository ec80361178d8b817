"""Effects on sound between mouth and microphone: rooms, frequency response, speed. Pure functions at 16 kHz."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.levels import rms

__all__ = ["change_speed", "equalize", "reverberate", "room_impulse_response", "shift", "without_rumble"]

_RATE_HZ = 16_000
_SPEED_OF_SOUND_M_S = 343.0
_RUMBLE_HZ = 20.0
"""Below this frequency neither people nor small microphones hear anything."""
_BANDS_HZ = np.array([_RUMBLE_HZ, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0])


def room_impulse_response(rng: np.random.Generator, *, rt60_s: float, distance_m: float = 1.0) -> NDArray[np.float32]:
    """Return the impulse response of a simulated room at distance_m, (n,), with the direct sound at sample 0.

    The direct sound, six to twelve early echoes that get denser and weaker, and a tail of noise that falls by 60 dB in
    rt60_s, faster at high frequencies, as in real rooms. The tail is as loud as the direct sound at a critical
    distance of 1 m, near that of a living room.
    """
    n = max(1, int(rt60_s * _RATE_HZ))
    time_s = np.arange(n) / _RATE_HZ
    bright = rng.normal(size=n) * 10 ** (-3.0 * time_s / rt60_s)
    dull = np.convolve(rng.normal(size=n), np.ones(8) / 8**0.5, "same") * 10 ** (-3.0 * time_s / (1.5 * rt60_s))
    onset = np.minimum(1.0, time_s / 0.02)
    tail = (0.5 * bright + 0.5 * dull) * onset
    tail *= 0.7 * distance_m / max(float(np.linalg.norm(tail)), 1e-9)
    response = tail
    response[0] = 1.0
    for _ in range(int(rng.integers(6, 13))):
        extra_m = rng.uniform(0.5, 8.0)
        at = int(extra_m / _SPEED_OF_SOUND_M_S * _RATE_HZ)
        if at < n:
            response[at] += rng.choice((-1.0, 1.0)) * rng.uniform(0.2, 0.8) * distance_m / (distance_m + extra_m)
    return response.astype(np.float32)


def reverberate(samples: NDArray[np.float32], response: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (n,) samples convolved with a room's impulse response, at their old level and length."""
    n = len(samples) + len(response) - 1
    size = 1 << (n - 1).bit_length()
    heard = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(response, size), size)[: len(samples)]
    level = rms(heard.astype(np.float32))
    louder: NDArray[np.float32] = (heard * (rms(samples) / level if level > 0.0 else 0.0)).astype(np.float32)
    return louder


def equalize(samples: NDArray[np.float32], gains_db: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return samples with each band louder by its gain, in dB, at 20, 125, 250, 500, 1000, 2000, 4000 and 8000 Hz.

    In between the gain is linear over octaves. The phase is unchanged.
    """
    if len(samples) < 2:
        return samples.astype(np.float32)
    size = 1 << (2 * len(samples) - 1).bit_length()
    frequencies = np.maximum(np.fft.rfftfreq(size, 1 / _RATE_HZ), _BANDS_HZ[0])
    gains = 10 ** (np.interp(np.log2(frequencies), np.log2(_BANDS_HZ), gains_db) / 20)
    coloured: NDArray[np.float32] = np.fft.irfft(np.fft.rfft(samples, size) * gains, size)[: len(samples)].astype(
        np.float32
    )
    return coloured


def without_rumble(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return samples without rumble and offset: 6 dB less at 20 Hz, 0.1 dB less at 60 Hz.

    The gain is f^4 / (f^4 + 20^4); the phase stays.
    """
    size = 1 << (2 * len(samples) - 1).bit_length()
    powers = np.fft.rfftfreq(size, 1 / _RATE_HZ) ** 4
    heard = np.fft.irfft(np.fft.rfft(samples, size) * (powers / (powers + _RUMBLE_HZ**4)), size)
    return heard[: len(samples)].astype(np.float32)


def shift(samples: NDArray[np.float32], by: int) -> NDArray[np.float32]:
    """Return the same number of samples, delayed by `by` of them (advanced if negative) and padded with silence."""
    out = np.zeros_like(samples)
    n = len(samples)
    if abs(by) < n:
        out[max(by, 0) : n + min(by, 0)] = samples[max(-by, 0) : n - max(by, 0)]
    return out


def change_speed(samples: NDArray[np.float32], ratio: float) -> NDArray[np.float32]:
    """Return samples played `ratio` times as fast: shorter and higher, like the voice of a smaller person.

    Meant for ratios near 1: it interpolates without filtering.
    """
    n = max(1, round(len(samples) / ratio))
    at = np.arange(n) * ratio
    faster: NDArray[np.float32] = np.interp(at, np.arange(len(samples)), samples).astype(np.float32)
    return faster
