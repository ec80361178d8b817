"""Configuration of the features of accelerometer windows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from tinyhost.errors import UsageError

__all__ = ["MAX_BANDS", "MAX_FFT", "MIN_FFT", "STATISTICS", "MotionConfig", "bands_of"]

MIN_FFT, MAX_FFT, MAX_BANDS = 32, 512, 32  # as firmware/lib/motion/include/motion/features.h has them
STATISTICS = ("rms", "crest", "kurtosis")


@dataclass(frozen=True, kw_only=True)
class MotionConfig:
    """Parameters of the features of a window: the firmware's MotionConfig."""

    rate_hz: float = 119.0
    n_fft: int = 128
    """samples of a window, a power of two"""
    hop: int = 32
    """samples between the starts of two windows"""
    band_edges: tuple[int, ...] = tuple(range(1, 62, 3))
    """band b is the bins band_edges[b] to band_edges[b + 1] - 1; bin k is k * rate_hz / n_fft"""

    def __post_init__(self) -> None:
        """Raise UsageError if the firmware would refuse this."""
        if self.n_fft & (self.n_fft - 1) or not MIN_FFT <= self.n_fft <= MAX_FFT:
            raise UsageError(f"n_fft is {self.n_fft}, expected a power of two from {MIN_FFT} to {MAX_FFT}")
        if not 1 <= self.hop <= self.n_fft:
            raise UsageError(f"hop is {self.hop}, expected 1 to n_fft, {self.n_fft}")
        rising = all(low < high for low, high in pairwise(self.band_edges))
        within = self.band_edges[0] >= 1 and self.band_edges[-1] <= self.n_fft // 2 if self.band_edges else False
        if not (2 <= len(self.band_edges) <= MAX_BANDS + 1 and rising and within):
            raise UsageError(
                f"band edges {self.band_edges}: expected 2 to {MAX_BANDS + 1} rising bins from 1 to {self.n_fft // 2}"
            )
        if self.rate_hz <= 0:
            raise UsageError(f"rate_hz is {self.rate_hz}, expected more than 0")

    @property
    def n_bands(self) -> int:
        """The number of bands per axis."""
        return len(self.band_edges) - 1

    @property
    def n_features(self) -> int:
        """The number of features of a window, over all axes."""
        return 3 * (self.n_bands + len(STATISTICS))


def bands_of(n_fft: int) -> tuple[int, ...]:
    """Return the edges of about 20 bands of equal width, from the first bin on."""
    step = max(1, round(n_fft * 3 / 128))
    return tuple(range(1, n_fft // 2 - n_fft // 64 + 1, step))[: MAX_BANDS + 1]
