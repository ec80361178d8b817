"""firmware/lib/motion against numpy and scipy in double precision.

Bounds, in log2 units. A feature is rounded to 1/256, so 0.002 is the least; the FFT's own rounding shows only in bands
far below the window's strongest line: 0.01 down to 70 dB below it, 0.02 to 80 dB, 0.1 to 95 dB.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tinyhost import _firmware
from tinyhost.errors import UsageError
from tinyhost.motion.config import MotionConfig
from tinyhost.motion.features import (
    FEATURE_STEP,
    FeatureScaling,
    log_features,
    quantize,
    slide,
)

from tests.lazily import lazily

signal = lazily("scipy.signal")
stats = lazily("scipy.stats")

SIZES = (32, 64, 128, 256, 512)


def _config(n_fft: int, n_bands: int = 16) -> MotionConfig:
    edges = np.unique(np.linspace(1, n_fft // 2, n_bands + 1).astype(int))
    return MotionConfig(n_fft=n_fft, hop=n_fft // 4, band_edges=tuple(int(edge) for edge in edges))


def _reference(window: NDArray[np.int16], cfg: MotionConfig) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (3, n_bands + 3) features and (3, n_bands) band powers in counts^2, by scipy."""
    rows, powers = [], []
    for axis in range(3):
        samples = window[:, axis].astype(np.float64)
        _, density = signal.periodogram(samples, fs=cfg.n_fft, window="hann", detrend="constant")
        edges = cfg.band_edges
        bands = np.array([density[low:high].sum() for low, high in pairwise(edges)])
        variance = samples.var()
        peak = np.abs(samples - samples.mean()).max()
        crest = np.log2(peak**2 / variance) if variance else 0.0
        kurtosis = np.log2(stats.kurtosis(samples, fisher=False)) if variance else 0.0
        rows.append([*np.log2(bands + 1 / 16), np.log2(variance + 1 / 16), crest, kurtosis])
        powers.append(bands)
    return np.array(rows), np.array(powers)


def _check(window: NDArray[np.int16], cfg: MotionConfig) -> None:
    features = log_features(window[None], cfg)[0] * FEATURE_STEP
    expected, powers = _reference(window, cfg)
    error = np.abs(features - expected)
    n = cfg.n_bands
    below_db = 10.0 * np.log10((powers.max(axis=1, keepdims=True) + 1 / 16) / (powers + 1 / 16))
    bound = np.select([below_db < 70.0, below_db < 80.0], [0.01, 0.02], 0.1)
    assert (error[:, :n] <= bound)[below_db < 95.0].all()
    assert error[:, n].max() <= 0.0025  # RMS
    assert error[:, n + 1].max() <= 0.0025  # crest factor
    assert error[:, n + 2].max() <= 0.01  # kurtosis


@settings(max_examples=150)
@example(n_fft=32, seed=216, tone_bits=12.0, noise_bits=1.0, mean=0.0)
@given(
    n_fft=st.sampled_from(SIZES),
    seed=st.integers(0, 2**32 - 1),
    tone_bits=st.floats(-2.0, 14.9),
    noise_bits=st.floats(-2.0, 12.0),
    mean=st.floats(-20000.0, 20000.0),
)
def test_features_equal_scipys(n_fft: int, seed: int, tone_bits: float, noise_bits: float, mean: float) -> None:
    rng = np.random.default_rng(seed)
    angle = 2.0 * np.pi * rng.uniform(1.0, n_fft / 2.0) * np.arange(n_fft) / n_fft
    samples = mean + 2.0**tone_bits * np.sin(angle)[:, None] + 2.0**noise_bits * rng.standard_normal((n_fft, 3))
    _check(np.clip(np.rint(samples), -32768, 32767).astype(np.int16), _config(n_fft))


@settings(max_examples=100)
@given(n_fft=st.sampled_from((32, 64)), data=st.data())
def test_features_equal_scipys_for_any_samples(n_fft: int, data: st.DataObject) -> None:
    few = st.lists(st.integers(-32768, 32767), min_size=1, max_size=6)
    columns = [np.resize(np.array(data.draw(few), np.int16), n_fft) for _ in range(3)]
    _check(np.stack(columns, axis=1), _config(n_fft, 8))


def test_a_tone_of_full_scale_does_not_hide_what_is_90_db_below_it() -> None:
    cfg = _config(256)
    time = np.arange(256)
    both = 32000 * np.cos(2 * np.pi * 16 * time / 256) + 1.0 * np.cos(2 * np.pi * 100 * time / 256)
    window = np.stack([np.rint(both)] * 3, axis=1).astype(np.int16)
    expected, powers = _reference(window, cfg)
    band = int(np.searchsorted(cfg.band_edges, 100, side="right")) - 1
    assert 10 * np.log10(powers[0].max() / powers[0, band]) > 88
    assert abs(log_features(window[None], cfg)[0, 0, band] * FEATURE_STEP - expected[0, band]) < 0.1


def test_bands_sum_to_the_variance() -> None:
    cfg = MotionConfig(band_edges=(1, 8, 24, 64))
    window = (1000 * np.random.default_rng(3).standard_normal((128, 3))).astype(np.int16)
    features = log_features(window[None], cfg)[0] * FEATURE_STEP
    assert (
        np.abs(np.log2((2.0 ** features[:, :3]).sum(axis=1)) - features[:, 3]).max() < 0.5
    )  # the window weighs samples


def test_a_constant_added_changes_nothing() -> None:
    cfg = MotionConfig()
    window = np.random.default_rng(1).integers(-3000, 3000, (128, 3)).astype(np.int16)
    np.testing.assert_array_equal(log_features(window[None], cfg), log_features((window + 8192)[None], cfg))


def test_windows_slide_by_the_hop_and_come_as_from_a_ring() -> None:
    cfg = MotionConfig(n_fft=32, hop=8, band_edges=(1, 16))
    samples = np.random.default_rng(0).integers(-100, 100, (100, 3)).astype(np.int16)
    windows = slide(samples, cfg)
    assert windows.shape == (9, 32, 3)
    np.testing.assert_array_equal(windows[8], samples[64:96])
    assert slide(samples[:31], cfg).shape == (0, 32, 3)


def test_windows_of_another_shape_are_refused() -> None:
    with pytest.raises(UsageError, match=r"\(4, 128, 2\)"):
        log_features(np.zeros((4, 128, 2), np.int16), MotionConfig())


@given(seed=st.integers(0, 2**32 - 1), step=st.floats(0.01, 1.0))
def test_standardized_features_are_within_a_step_of_the_real_ones(seed: int, step: float) -> None:
    rng = np.random.default_rng(seed)
    features = np.rint(rng.normal(rng.uniform(-1000, 4000, 12), rng.uniform(1, 500, 12), (50, 12))).astype(np.int16)
    real = features * FEATURE_STEP
    mean, deviation = real.mean(axis=0), real.std(axis=0)
    values = quantize(features, FeatureScaling.standardizing(mean, deviation, step))
    expected = (real - mean) / np.maximum(deviation, FEATURE_STEP)
    # Half a step of rounding, half a feature's step of the offset's.
    tolerance = step * 0.51 + 0.5 * FEATURE_STEP / np.maximum(deviation, FEATURE_STEP)
    inside = np.abs(expected) < 127 * step - tolerance
    assert (np.abs(values * step - expected) <= tolerance)[inside].all()


@pytest.mark.parametrize(
    "change",
    [
        {"n_fft": 100},
        {"n_fft": 1024},
        {"n_fft": 16},
        {"hop": 0},
        {"hop": 129},
        {"band_edges": (1,)},
        {"band_edges": (0, 4)},
        {"band_edges": (4, 4)},
        {"band_edges": (1, 65)},
        {"band_edges": tuple(range(1, 35))},
        {"rate_hz": 0.0},
    ],
)
def test_impossible_configurations_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        MotionConfig(**change)  # type: ignore[arg-type]


def test_the_host_computes_what_every_board_does() -> None:
    """firmware/test/test_motion/test_features.cpp expects the same checksum, on each board that runs it."""
    state, crc = 1, 0
    for n_fft in SIZES:
        for shift in range(16):
            window = np.zeros(n_fft * 3, np.int64)
            for i in range(window.size):
                state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
                noise = (state >> 16) - 32768
                scaled = abs(noise) // (1 << shift) // 2 * (1 if noise >= 0 else -1)
                window[i] = scaled + (300 if i // 3 % 10 < 5 else -300)
            cfg = MotionConfig(n_fft=n_fft, hop=1, band_edges=(1, 2, 5, n_fft // 4, n_fft // 2))
            features = log_features(window.reshape(1, n_fft, 3).astype(np.int16), cfg)
            crc = _firmware.crc32(features.astype("<i2").tobytes(), crc)
    assert crc == 3139308814
