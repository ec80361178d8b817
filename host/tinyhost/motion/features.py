"""Features of accelerometer windows: the firmware's own fixed-point code (firmware/lib/motion), with types."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost import _firmware
from tinyhost.errors import UsageError
from tinyhost.motion.config import MotionConfig

__all__ = [
    "FEATURE_STEP",
    "FeatureScaling",
    "log_features",
    "quantize",
    "slide",
]

FEATURE_STEP = 1.0 / 256.0
"""log2 units of one step of an int16 feature"""


@dataclass(frozen=True, kw_only=True)
class FeatureScaling:
    """The scaling of features to a model's input, per feature: (feature - offset) * multiplier / 2^16."""

    offsets: NDArray[np.int16]
    """(n_features,) in steps of 1/256"""
    multipliers: NDArray[np.int32]
    """(n_features,) Q16"""

    @classmethod
    def standardizing(cls, mean: NDArray[np.float64], deviation: NDArray[np.float64], step: float) -> FeatureScaling:
        """Return the scaling to (x - mean) / deviation, in int8 steps of `step`; zero point 0.

        mean, deviation: (n_features,) in log2 units; deviations below one feature step count as one.
        """
        deviation = np.maximum(deviation, FEATURE_STEP)
        return cls(
            offsets=np.clip(np.rint(mean / FEATURE_STEP), -32768, 32767).astype(np.int16),
            multipliers=np.rint(65536.0 * FEATURE_STEP / (deviation * step)).clip(max=2**31 - 1).astype(np.int32),
        )


def slide(samples: NDArray[np.int16], cfg: MotionConfig) -> NDArray[np.int16]:
    """Return the windows of a recording, (n_windows, n_fft, 3), one every cfg.hop samples; none if it is too short."""
    if len(samples) < cfg.n_fft:
        return np.zeros((0, cfg.n_fft, 3), np.int16)
    views = np.lib.stride_tricks.sliding_window_view(samples, cfg.n_fft, axis=0)[:: cfg.hop]
    return np.ascontiguousarray(views.transpose(0, 2, 1))


def log_features(windows: NDArray[np.int16], cfg: MotionConfig) -> NDArray[np.int16]:
    """Return (n, 3, n_bands + 3) features in steps of 1/256 of log2: bands, RMS, crest factor, kurtosis of each axis.

    windows: (n, n_fft, 3), raw counts at cfg.rate_hz. Bands and RMS are log2(counts^2 + 1/16); crest factor is
    log2(peak^2 / variance), kurtosis log2(fourth moment / variance^2). Raises UsageError for another shape.
    """
    if windows.ndim != 3 or windows.shape[1:] != (cfg.n_fft, 3):
        raise UsageError(f"windows of shape {windows.shape}, expected (n, {cfg.n_fft}, 3)")
    return _firmware.motion_features(np.ascontiguousarray(windows, np.int16), list(cfg.band_edges))


def quantize(features: NDArray[np.int16], scaling: FeatureScaling) -> NDArray[np.int8]:
    """Return (n, n_features) int8, the model's input as in the firmware. features: (n, ...) from log_features."""
    flat = np.ascontiguousarray(features.reshape(len(features), len(scaling.offsets)))
    return _firmware.quantize_motion_features(flat, scaling.offsets, scaling.multipliers)
