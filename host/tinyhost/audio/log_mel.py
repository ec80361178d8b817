"""Log-mel spectrograms for MLPerf Tiny's anomaly model: on the host only, in floating point.

The same numbers as librosa's `melspectrogram` with its defaults (Slaney's mel scale and normalization, a periodic Hann
window, frames centred on their time), which the model was trained on.
Source of all sizes: mlcommons/tiny, benchmark/training/anomaly_detection, common.py and baseline.yaml.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tinyhost.errors import UsageError

__all__ = ["LogMelConfig", "log_mel", "log_mel_windows", "mel_filters"]

_LINEAR_HZ_PER_MEL = 200.0 / 3.0
_KNEE_HZ = 1000.0
_KNEE_MEL = _KNEE_HZ / _LINEAR_HZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27.0
"""above the knee: 27 steps for a factor of 6.4 (Slaney, Auditory Toolbox, 1998)"""
_EPSILON = float(np.finfo(np.float64).eps)
"""added to every power before the logarithm: silence is -156.5 dB"""


@dataclass(frozen=True, kw_only=True)
class LogMelConfig:
    """Parameters of the spectrogram; the defaults are MLPerf Tiny's."""

    rate_hz: int = 16_000
    n_fft: int = 1024
    hop: int = 512
    n_mels: int = 128
    n_stacked: int = 5
    """consecutive frames in a window"""
    first_frame: int = 50
    end_frame: int = 250
    """frames first_frame..end_frame - 1 count: the middle of a clip of 10 s"""

    def __post_init__(self) -> None:
        """Raise UsageError for impossible values."""
        sizes = (self.rate_hz, self.n_fft, self.hop, self.n_mels, self.n_stacked)
        if min(sizes) < 1 or self.n_fft % 2 or not 0 <= self.first_frame < self.end_frame:
            raise UsageError(
                f"invalid parameters of the log-mel features: {self}",
                hint="sizes are positive, n_fft even, frames in order",
            )

    @property
    def n_features(self) -> int:
        """The number of values in a window: 640."""
        return self.n_mels * self.n_stacked

    @property
    def min_samples(self) -> int:
        """The shortest clip that has a window."""
        return (self.first_frame + self.n_stacked - 1) * self.hop


def log_mel(pcm: NDArray[np.int16], cfg: LogMelConfig | None = None) -> NDArray[np.float32]:
    """Return the spectrogram of (n,) samples, (1 + n // hop, n_mels) in dB of full scale.

    10 log10(power + 2.2e-16). Frame t is centred on sample t * hop; beyond the clip there are zeros.
    """
    cfg = cfg or LogMelConfig()
    sound = np.pad(pcm.astype(np.float64) / 32768.0, cfg.n_fft // 2)
    frames = np.lib.stride_tricks.sliding_window_view(sound, cfg.n_fft)[:: cfg.hop]  # (n_frames, n_fft)
    hann = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(cfg.n_fft) / cfg.n_fft)
    power = np.square(np.abs(np.fft.rfft(frames * hann, axis=1)))  # (n_frames, n_fft / 2 + 1)
    mel = power @ mel_filters(cfg.rate_hz, cfg.n_fft, cfg.n_mels).T  # (n_frames, n_mels)
    return (10.0 * np.log10(mel + _EPSILON)).astype(np.float32)


def log_mel_windows(pcm: NDArray[np.int16], cfg: LogMelConfig | None = None) -> NDArray[np.float32]:
    """Return the model's windows of (n,) samples, (n_windows, n_stacked * n_mels): 196 x 640 for a clip of 10 s.

    A window is n_stacked consecutive frames, the oldest first; the next one begins a frame later. None if the clip is
    shorter than cfg.min_samples.
    """
    cfg = cfg or LogMelConfig()
    middle = log_mel(pcm, cfg)[cfg.first_frame : cfg.end_frame]
    if len(middle) < cfg.n_stacked:
        return np.empty((0, cfg.n_features), np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(middle, cfg.n_stacked, axis=0)  # (n_windows, n_mels, n_stacked)
    return np.ascontiguousarray(windows.transpose(0, 2, 1)).reshape(len(windows), cfg.n_features)


@lru_cache(maxsize=8)
def mel_filters(rate_hz: int, n_fft: int, n_mels: int) -> NDArray[np.float64]:
    """Return triangular filters from 0 Hz to half the rate, (n_mels, n_fft // 2 + 1); each has an area of 1.

    Filter m rises from edge m to edge m + 1 and falls to edge m + 2; the edges are evenly spaced on Slaney's mel scale.
    """
    edges = _mel_to_hz(np.linspace(0.0, _hz_to_mel(rate_hz / 2.0), n_mels + 2))  # (n_mels + 2,)
    bins = np.arange(n_fft // 2 + 1) * (rate_hz / n_fft)  # (n_bins,)
    widths = np.diff(edges)[:, None]
    rising = (bins - edges[:-2, None]) / widths[:-1]
    falling = (edges[2:, None] - bins) / widths[1:]
    filters: NDArray[np.float64] = np.maximum(0.0, np.minimum(rising, falling))
    filters *= 2.0 / (edges[2:] - edges[:-2])[:, None]
    filters.flags.writeable = False
    return filters


def _hz_to_mel(hz: float) -> float:
    """Return a frequency on Slaney's mel scale: linear to 1 kHz, logarithmic above."""
    return hz / _LINEAR_HZ_PER_MEL if hz < _KNEE_HZ else float(_KNEE_MEL + np.log(hz / _KNEE_HZ) / _LOG_STEP)


def _mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return frequencies of Slaney's mel scale."""
    above = _KNEE_HZ * np.exp(_LOG_STEP * (mel - _KNEE_MEL))
    return np.where(mel < _KNEE_MEL, mel * _LINEAR_HZ_PER_MEL, above)
