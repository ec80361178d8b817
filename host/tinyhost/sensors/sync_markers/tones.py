"""A sound's mark, a chirp, and a motion's mark, a burst of a tone; both are found by cross-correlation.

The burst is a tone of 20 Hz with the signs of a Barker code, which a machine's constant hum at 20 Hz does not match.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["BURST_S", "CHIRP_S", "ToneMarker", "burst", "chirp", "find_burst", "find_chirp"]

CHIRP_S = 0.2
_CHIRP_HZ = (500.0, 5000.0)
_FADE_S = 0.01
BURST_S = 1.4
_BURST_HZ = 20.0
_BARKER = (1, 1, 1, -1, -1, 1, -1)
_STRETCHES = tuple(1 + n / 200 for n in range(-14, 15))
"""tolerance of an accelerometer's clock: an LSM9DS1's is off by some percent"""
_MIN_CHIRP, _MIN_BURST = 0.25, 0.5
"""least correlation: a second of noise reaches 0.1 and 0.3"""


@dataclass(frozen=True, kw_only=True)
class ToneMarker:
    """A mark found in a microphone's or an accelerometer's samples."""

    position: int
    """index of its first sample"""
    level: float
    """its RMS, in units of the samples"""
    snr_db: float
    """ratio of the mark to everything else at that time"""
    correlation: float
    """0 to 1"""
    axis: int = 0
    """channel with the largest part of it"""
    clipped: int = 0
    """number of samples at the end of the sensor's range during it"""


def chirp(rate_hz: float) -> NDArray[np.float32]:
    """Return the chirp, (n,), -1 to 1: from 500 to 5,000 Hz in 0.2 s, on a logarithmic scale."""
    t = np.arange(round(CHIRP_S * rate_hz)) / rate_hz
    low, high = _CHIRP_HZ
    speed = math.log(high / low) / CHIRP_S
    wave = np.sin(2 * np.pi * low * np.expm1(speed * t) / speed)
    return np.asarray(wave * _fade(len(t), rate_hz), np.float32)


def burst(rate_hz: float) -> NDArray[np.float32]:
    """Return the burst, (n,), -1 to 1."""
    return _burst(rate_hz).real.astype(np.float32)


def find_chirp(samples: NDArray[np.int16], rate_hz: float) -> ToneMarker | None:
    """Return the chirp in a microphone's samples, (n,); None if there is none."""
    return _find(samples[:, None], [chirp(rate_hz).astype(np.complex128)], _MIN_CHIRP)


def find_burst(samples: NDArray[np.int16], rate_hz: float) -> ToneMarker | None:
    """Return the burst in an accelerometer's samples, (n, n_axes); None if there is none."""
    return _find(samples, [_burst(rate_hz * stretch) for stretch in _STRETCHES], _MIN_BURST)


def _burst(rate_hz: float) -> NDArray[np.complex128]:
    """Return the burst as a complex tone, (n,), as its phase on arrival is unknown."""
    t = np.arange(round(BURST_S * rate_hz)) / rate_hz
    chips = np.minimum((t / BURST_S * len(_BARKER)).astype(int), len(_BARKER) - 1)
    return np.asarray(np.array(_BARKER)[chips] * np.exp(2j * np.pi * (_BURST_HZ * t - 0.25)))


def _fade(n: int, rate_hz: float) -> NDArray[np.float64]:
    """Return a window that rises and falls within _FADE_S."""
    edge = np.minimum(np.arange(n), np.arange(n)[::-1]) / (_FADE_S * rate_hz)
    return np.asarray(np.sin(np.pi / 2 * np.minimum(1.0, edge)) ** 2)


def _find(samples: NDArray[np.int16], templates: Sequence[NDArray[np.complex128]], least: float) -> ToneMarker | None:
    """Return the best match over all axes of (n, n_axes) and all templates."""
    best: ToneMarker | None = None
    for axis, template in ((axis, each) for axis in range(samples.shape[1]) for each in templates):
        mark = _match(samples[:, axis], template, axis)
        if mark is not None and mark.correlation >= least and (best is None or _energy(mark) > _energy(best)):
            best = mark
    return best


def _energy(mark: ToneMarker) -> float:
    return mark.level * mark.correlation


def _match(samples: NDArray[np.int16], template: NDArray[np.complex128], axis: int) -> ToneMarker | None:
    """Return the best match of samples, (n,), with a template; None if they are shorter, or constant."""
    n = len(template)
    if len(samples) < n:
        return None
    signal = samples.astype(np.float64)
    signal -= signal.mean()
    size = 1 << (len(signal) + n).bit_length()
    spectrum = np.fft.fft(signal, size)
    shape = np.abs(np.fft.ifft(spectrum * np.conj(np.fft.fft(template, size))))[: len(signal) - n + 1]
    sums, squares = (np.concatenate([[0.0], each.cumsum()]) for each in (signal, signal**2))
    means = (sums[n:] - sums[:-n]) / n
    energy = np.maximum(squares[n:] - squares[:-n] - n * means**2, 0.0)
    own = float((np.abs(template) ** 2).sum())
    if np.iscomplex(template).any():
        own /= 2  # it has sine and cosine, of which the signal has one
    floor = max(float(energy.max()) * 1e-6, n * 0.01)
    correlation = shape / np.sqrt(np.maximum(energy, floor) * own)
    at = int(np.argmax(correlation))
    likeness = min(1.0, float(correlation[at]))
    if energy[at] <= floor:
        return None
    share = likeness**2
    meanwhile = samples[at : at + n]
    return ToneMarker(
        position=at,
        level=math.sqrt(share * float(energy[at]) / n),
        snr_db=10 * math.log10(share / max(1 - share, 1e-6)),
        correlation=likeness,
        axis=axis,
        clipped=int(np.count_nonzero((meanwhile >= 32767) | (meanwhile <= -32768))),
    )
