from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import scipy.fft
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tinyhost.audio.features import FeatureStream, FrontendConfig, features, quantized
from tinyhost.errors import ConfigError


def noise(n: int, level: float = 3000.0, seed: int = 1) -> NDArray[np.int16]:
    return np.rint(np.random.default_rng(seed).normal(size=n) * level).astype(np.int16)


def test_a_second_gives_49_rows_of_40() -> None:
    rows = features(noise(16_000))
    assert (rows.shape, rows.dtype) == ((49, 40), np.dtype(np.int8))


@pytest.mark.parametrize(("n_samples", "n_rows"), [(0, 0), (479, 0), (480, 1), (799, 1), (800, 2), (801, 2)])
def test_rows_are_complete_with_a_window_and_then_with_each_stride(n_samples: int, n_rows: int) -> None:
    config = FrontendConfig()
    assert len(features(noise(n_samples), config)) == n_rows == config.n_strides(n_samples)


@given(st.lists(st.integers(0, 2000), max_size=12))
def test_pieces_of_any_size_give_the_same_rows(sizes: list[int]) -> None:
    sound = noise(sum(sizes))
    stream = FeatureStream()
    pieces = [stream.feed(piece) for piece in np.split(sound, np.cumsum(sizes))]
    np.testing.assert_array_equal(np.concatenate(pieces), FeatureStream().feed(sound))


def test_reset_forgets_sound_and_noise_estimates() -> None:
    stream = FeatureStream()
    first = stream.feed(noise(5000))
    stream.feed(noise(777, level=20_000.0))
    stream.reset()
    np.testing.assert_array_equal(stream.feed(noise(5000)), first)


def test_silence_is_the_lowest_feature() -> None:
    assert np.all(features(np.zeros(16_000, np.int16)) == -128)


def test_a_tone_that_begins_in_noise_is_loudest_where_it_belongs() -> None:
    config = FrontendConfig(n_channels=20)
    centres_mel = np.linspace(1127 * np.log1p(125 / 700), 1127 * np.log1p(7500 / 700), 22)[1:-1]
    for channel, mel in enumerate(centres_mel):
        stream = FeatureStream(config)
        stream.feed(noise(32_000, level=300.0))
        tone = 5000 * np.sin(2 * np.pi * 700 * np.expm1(mel / 1127) * np.arange(3200) / 16_000)
        loudest = np.argmax(stream.feed(tone.astype(np.int16) + noise(3200, level=300.0, seed=2))[3])
        # Odd channels take what lasts for noise sooner than even ones, and a Hann window reaches into both neighbours.
        assert loudest == channel if channel % 2 == 0 else abs(loudest - channel) <= 1


def test_raw_features_map_to_int8_as_micro_speech_maps_them() -> None:
    raw = np.arange(65536, dtype=np.uint16).reshape(1, -1)
    expected = np.clip((raw.astype(np.int64) * 256 + 333) // 666 - 128, -128, 127)
    np.testing.assert_array_equal(quantized(raw), expected)


def cepstrum_by_scipy(pcm: NDArray[np.int16], config: FrontendConfig) -> NDArray[np.float64]:
    """Return MFCC as HTK defines them, of amplitudes in samples' steps, in halves of a neper, as c0 - 128, c1, c2."""
    frames = np.lib.stride_tricks.sliding_window_view(pcm.astype(float), config.window_samples)
    hann = np.sin(np.pi * (np.arange(config.window_samples) + 0.5) / config.window_samples) ** 2
    spectrum = np.abs(np.fft.rfft(frames[:: config.stride_samples] * hann, 512)) ** 2  # (n_strides, 257)
    low, high = (1127 * np.log1p(hz / 700) for hz in (config.lower_band_hz, config.upper_band_hz))
    edges = np.linspace(low, high, config.n_channels + 2)
    mel, width = 1127 * np.log1p(np.arange(257) * config.sample_rate_hz / 512 / 700), edges[1] - edges[0]
    filters = np.clip(np.minimum(mel - edges[:-2, None], edges[2:, None] - mel) / width, 0, None)
    logarithms = np.log(np.maximum(np.sqrt(spectrum @ filters.T) / 128, 1))
    coefficients = scipy.fft.dct(logarithms, norm="ortho", axis=1)[:, : config.n_coefficients]
    coefficients[:, 0] *= np.sqrt(2)
    lifter = 1 + 11 * np.sin(np.pi * np.arange(config.n_coefficients) / 22)
    halves: NDArray[np.float64] = 2 * coefficients * lifter
    halves[:, 0] -= 128
    return np.clip(halves, -128, 127)


def test_cepstral_coefficients_are_those_of_scipys_dct() -> None:
    config = FrontendConfig(n_coefficients=13)
    time_s = np.arange(16_000) / 16_000
    for level in (100.0, 1000.0, 8000.0):
        tone = (level * np.sin(2 * np.pi * (200 + 3000 * time_s) * time_s)).astype(np.int16)
        sound = tone + noise(16_000, level / 10)
        difference = np.abs(features(sound, config) - cepstrum_by_scipy(sound, config))
        assert difference.mean() < 0.35  # a quarter is the rounding to whole steps
        assert difference.max() < 4
    silence = features(np.zeros(16_000, np.int16), config)
    assert np.all(silence == cepstrum_by_scipy(np.zeros(16_000, np.int16), config))


def test_every_other_sample_of_an_array_is_taken_as_such() -> None:
    sound = noise(4000)
    np.testing.assert_array_equal(features(sound[::2]), features(sound[::2].copy()))


@pytest.mark.parametrize(
    "change",
    [
        {"window_ms": 4},
        {"window_ms": 33},
        {"stride_ms": 0},
        {"stride_ms": 31},
        {"n_channels": 0},
        {"n_channels": 65},
        {"n_channels": 256},
        {"window_ms": -30},
        {"lower_band_hz": 7500},
        {"upper_band_hz": 8001},
        {"lower_band_hz": 7995, "upper_band_hz": 8000},
        {"sample_rate_hz": 0},
        {"sample_rate_hz": 4_000_000_000},
        {"variant": 2},
        {"n_coefficients": 21},
    ],
    ids=str,
)
def test_an_impossible_configuration_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=f"{next(iter(change))}={next(iter(change.values()))}") as refused:
        FeatureStream(dataclasses.replace(FrontendConfig(), **change))
    assert "65 to 512 samples" in refused.value.hint


def test_one_channel_may_take_the_whole_spectrum() -> None:
    config = FrontendConfig(n_channels=1, lower_band_hz=0, upper_band_hz=7990)
    assert FeatureStream(config).feed(noise(480, level=9000.0))[0, 0] > 0
