"""Mixing of sounds at a given signal-to-noise ratio."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.levels import active_rms, rms

__all__ = ["add_at", "mix_at_snr", "repeat_to"]


def mix_at_snr(signal: NDArray[np.float32], noise: NDArray[np.float32], snr_db: float) -> NDArray[np.float32]:
    """Return signal plus noise, the noise scaled so that the signal is snr_db above it.

    Both (n,) float in -1..1. The signal's level is that of its active part (`levels.active_rms`), the noise's its RMS
    over all n samples, so the silence around a word makes it no harder to have a high ratio. A sum that would clip is
    scaled down as a whole. With a silent signal or noise the signal is returned as it is.
    """
    noise_level, signal_level = rms(noise), active_rms(signal)
    if noise_level <= 0.0 or signal_level <= 0.0:
        return signal.astype(np.float32)
    gain = signal_level / (10 ** (snr_db / 20) * noise_level)
    mixed = signal + noise * np.float32(gain)
    largest = float(np.max(np.abs(mixed)))
    return (mixed * np.float32(0.99 / largest) if largest > 0.99 else mixed).astype(np.float32)


def add_at(track: NDArray[np.float32], sound: NDArray[np.float32], begin: int) -> None:
    """Add a sound to a track in place, from sample `begin` on, which may be negative; parts beyond it are cut."""
    first, last = max(begin, 0), min(begin + len(sound), len(track))
    if first < last:
        track[first:last] += sound[first - begin : last - begin]


def repeat_to(sound: NDArray[np.float32], n: int, begin: int) -> NDArray[np.float32]:
    """Return n samples of a looped sound, from sample `begin`."""
    return np.take(sound, np.arange(begin, begin + n), mode="wrap")
