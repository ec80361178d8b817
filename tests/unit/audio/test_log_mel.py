"""Log-mel features against figures that librosa 0.11.0 gave for the same samples and settings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tinyhost.audio.log_mel import LogMelConfig, log_mel, log_mel_windows, mel_filters
from tinyhost.errors import UsageError

# librosa.feature.melspectrogram(y=pcm / 32768, sr=16000, n_fft=1024, hop_length=512, n_mels=128, power=2.0), then
# 10 log10(mel + epsilon): dB of the bands 0, 17, 64, 127 by frame.
LIBROSA_DB = {
    0: (22.2827, 4.21, -2.5405, -12.2443),
    50: (5.3763, -2.0635, 2.4968, 4.9272),
    120: (-21.2681, -21.5663, -29.6029, -23.8274),
    150: (-13.4591, -15.721, -21.8003, -6.9068),
    249: (-0.1026, -1.1994, 17.0629, 3.0504),
    273: (12.684, 15.0488, 3.4717, -4.5472),
}
# librosa.filters.mel(sr=16000, n_fft=1024, n_mels=128): first bin above zero, last one, the first two values.
LIBROSA_FILTERS = {
    0: (1, 2, 0.028577780, 0.028377542),
    5: (8, 10, 0.014789482, 0.042165842),
    40: (60, 62, 0.0040047346, 0.032582514),
    90: (200, 209, 0.00023495250, 0.0028907859),
    127: (488, 511, 4.7641341e-05, 0.00049353063),
}


def sweep(n: int = 140_000) -> NDArray[np.int16]:
    """Return a sound with all frequencies, made with integers only; the middle is quieter."""
    i = np.arange(n, dtype=np.int64)
    pcm = ((i * i // 7) % 4001 * 13 - 26000).astype(np.int16)
    pcm[60_000:80_000] //= 16
    return pcm


def test_spectrogram_is_librosas() -> None:
    ours = log_mel(sweep())
    assert ours.shape == (274, 128)
    for frame, expected in LIBROSA_DB.items():
        np.testing.assert_allclose(ours[frame, [0, 17, 64, 127]], expected, atol=1e-3)


def test_filters_are_librosas() -> None:
    filters = mel_filters(16_000, 1024, 128)
    for band, (first, last, *values) in LIBROSA_FILTERS.items():
        inside = np.flatnonzero(filters[band])
        assert (inside[0], inside[-1]) == (first, last)
        np.testing.assert_allclose(filters[band][inside[:2]], values, rtol=2e-5)


def test_silence_is_epsilon() -> None:
    assert log_mel(np.zeros(4096, np.int16)) == pytest.approx(-156.5356, abs=1e-3)


def test_a_clip_of_ten_seconds_gives_196_windows_of_its_middle() -> None:
    pcm = sweep(160_000)
    spectrogram, windows = log_mel(pcm), log_mel_windows(pcm)
    assert windows.shape == (196, 640)
    np.testing.assert_array_equal(windows[0].reshape(5, 128), spectrogram[50:55])
    np.testing.assert_array_equal(windows[195].reshape(5, 128), spectrogram[245:250])


@pytest.mark.parametrize(("n_samples", "n_windows"), [(0, 0), (27_647, 0), (27_648, 1), (28_160, 2)])
def test_a_shorter_clip_gives_fewer_windows(n_samples: int, n_windows: int) -> None:
    assert LogMelConfig().min_samples == 27_648
    assert log_mel_windows(np.ones(n_samples, np.int16)).shape == (n_windows, 640)


@settings(max_examples=25)
@given(st.binary(max_size=6000), st.integers(1, 40), st.integers(1, 6), st.integers(1, 200))
def test_any_sound_gives_finite_features(content: bytes, n_mels: int, n_stacked: int, hop: int) -> None:
    cfg = LogMelConfig(n_fft=256, hop=hop, n_mels=n_mels, n_stacked=n_stacked, first_frame=1, end_frame=40)
    pcm = np.frombuffer(content[: len(content) // 2 * 2], "<i2").astype(np.int16)
    windows = log_mel_windows(pcm, cfg)
    assert np.isfinite(windows).all()
    n_frames = min(40, 1 + len(pcm) // hop) - 1
    assert windows.shape == (max(0, n_frames - n_stacked + 1), cfg.n_features)


@pytest.mark.parametrize("wrong", [{"n_fft": 1023}, {"hop": 0}, {"first_frame": 250}, {"n_mels": -1}])
def test_settings_that_cannot_be_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="invalid parameters of the log-mel features"):
        LogMelConfig(**wrong)
