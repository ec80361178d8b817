"""Random changes to training clips that keep the word, and the board's features of the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.effects import change_speed, room_impulse_response
from tinyhost.audio.features import FeatureStream, FrontendConfig
from tinyhost.audio.levels import active_rms, peak, rms, to_float, to_pcm
from tinyhost.audio.mix import add_at, mix_at_snr, repeat_to
from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.train.kws.config import SoundAugmentation

__all__ = ["SoundAugmenter", "clip_features", "vary_features"]

_CLIP = SAMPLE_RATE_HZ
_FRAME = 320
_LOUD_DB = 25.0
_N_ROOMS = 200
_FFT = 32768  # of a clip and a room
_BANDS_HZ = (20.0, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)


@dataclass(kw_only=True)
class SoundAugmenter:
    """Makes features of augmented clips; equal seeds of the generator give equal features."""

    noises: Sequence[NDArray[np.float32]]
    """each (n,), n at least a clip; any level"""
    config: SoundAugmentation = field(default_factory=SoundAugmentation)
    seed: int = 0
    """of the rooms"""
    frontend: FrontendConfig = field(default_factory=FrontendConfig)

    def __post_init__(self) -> None:
        rng = np.random.default_rng((self.seed, _N_ROOMS))
        rooms = [
            room_impulse_response(rng, rt60_s=rng.uniform(*self.config.rt60_s), distance_m=rng.uniform(0.2, 2.5))
            for _ in range(_N_ROOMS)
        ]
        self._rooms = [np.fft.rfft(room, _FFT).astype(np.complex64) for room in rooms]
        self._octaves = np.log2(np.maximum(np.fft.rfftfreq(_FFT, 1 / SAMPLE_RATE_HZ), _BANDS_HZ[0]))
        self._stream = FeatureStream(self.frontend)

    def features(self, pcm: NDArray[np.int16], rng: np.random.Generator, *, silent: bool) -> NDArray[np.int8]:
        """Return (49, n_features) features of a clip (16000,), augmented; a silent one gets only noise."""
        config = self.config
        n_before = int(rng.integers(*config.warm_strides)) if rng.random() < config.warm_share else 0
        before = n_before * self._stream.config.stride_samples
        sound = to_float(pcm)
        total = self._silence(sound, before, rng) if silent else self._speech(sound, before, rng)
        self._stream.reset()
        return self._stream.features(to_pcm(total))[n_before:]

    def _speech(self, sound: NDArray[np.float32], before: int, rng: np.random.Generator) -> NDArray[np.float32]:
        config = self.config
        sound = self._colour(_place(change_speed(sound, rng.uniform(*config.speed)), config.cut_ms, rng), rng)
        track = np.concatenate((np.zeros(before, np.float32), sound))
        gain = 10 ** (rng.uniform(*config.level_dbfs) / 20) / max(active_rms(sound), 1e-6)
        if rng.random() < config.noisy_share:
            track = mix_at_snr(track, self._noise(len(track), rng), rng.uniform(*config.snr_db))
        return track * np.float32(min(gain, 0.97 / max(peak(track), 1e-6)))

    def _silence(self, sound: NDArray[np.float32], before: int, rng: np.random.Generator) -> NDArray[np.float32]:
        noise = self._noise(before + _CLIP, rng)
        if rms(sound) > 0.0 and rng.random() < 0.5:  # a recorded silence: as it is, at another level
            noise = repeat_to(sound, before + _CLIP, int(rng.integers(_CLIP)))
        gain = 10 ** (rng.uniform(*self.config.silence_dbfs) / 20) / max(rms(noise), 1e-6)
        return noise * np.float32(min(gain, 0.97 / max(peak(noise), 1e-6)))

    def _noise(self, n: int, rng: np.random.Generator) -> NDArray[np.float32]:
        """Return a piece of one noise or of two, of RMS 1 each before they are weighted."""
        total = np.zeros(n, np.float32)
        for _ in range(int(rng.integers(1, 3))):
            noise = self.noises[int(rng.integers(len(self.noises)))]
            piece = repeat_to(noise, n, int(rng.integers(len(noise))))
            total += piece * np.float32(rng.uniform(0.2, 1.0) / max(rms(piece), 1e-6))
        return total

    def _colour(self, sound: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        """Return sound through an uneven microphone, perhaps in a room; its level may drift."""
        gains_db = rng.normal(0.0, self.config.equalizer_db, len(_BANDS_HZ))
        gains_db[0] -= rng.uniform(0.0, 20.0)
        response = 10 ** (np.interp(self._octaves, np.log2(_BANDS_HZ), gains_db).astype(np.float32) / 20)
        spectrum = np.fft.rfft(sound, _FFT) * response
        if rng.random() < self.config.reverberant_share:
            spectrum *= self._rooms[int(rng.integers(len(self._rooms)))]
        return np.fft.irfft(spectrum, _FFT)[:_CLIP].astype(np.float32)


def clip_features(pcm: NDArray[np.int16], config: FrontendConfig | None = None) -> NDArray[np.int8]:
    """Return (n, 49, n_features) of unchanged clips (n, 16000), each with a fresh frontend, as INFER SAMPLE does."""
    stream = FeatureStream(config)
    out = np.empty((len(pcm), stream.config.n_strides(_CLIP), stream.config.n_features), np.int8)
    for index, clip in enumerate(pcm):
        stream.reset()
        out[index] = stream.features(clip)
    return out


def vary_features(
    features: NDArray[np.int8], rng: np.random.Generator, config: FrontendConfig | None = None
) -> NDArray[np.int8]:
    """Return (n, 49, n_features), stretched in time and in frequency, moved, and some with a part hidden, at random.

    Stretched frequencies are another vocal tract (Jaitly and Hinton 2013). Hidden parts: Park et al. 2019, SpecAugment
    (arXiv:1904.08779); what is hidden is silence. Cepstral coefficients are no places: they change along time only.
    """
    is_cepstrum = config is not None and config.n_coefficients > 0
    return np.stack([_vary(sample, rng, is_cepstrum=is_cepstrum) for sample in features])


def _vary(sample: NDArray[np.int8], rng: np.random.Generator, *, is_cepstrum: bool) -> NDArray[np.int8]:
    n_strides, n_features = sample.shape
    silence = np.full(n_features, -128, np.int8)
    silence[1:] = 0 if is_cepstrum else -128
    if rng.random() < 0.4:
        in_frequency = sample if is_cepstrum else _stretch(sample, rng.uniform(0.9, 1.1), rng.uniform(-1.0, 1.0))
        sample = _stretch(in_frequency.T, rng.uniform(0.9, 1.1), rng.uniform(-2.0, 2.0)).T
    else:
        sample = sample.copy()
    if rng.random() < 0.2 and not is_cepstrum:
        first = int(rng.integers(0, n_features))
        sample[:, first : first + int(rng.integers(1, 5))] = -128
    if rng.random() < 0.2:
        first = int(rng.integers(0, n_strides))
        sample[first : first + int(rng.integers(1, 4))] = silence
    return sample


def _stretch(sample: NDArray[np.int8], ratio: float, by: float) -> NDArray[np.int8]:
    """Return (n, m) with its second axis wider by a ratio around its middle, and moved; the ends go on as they are."""
    n = sample.shape[1]
    at = np.clip((np.arange(n) - n / 2) / ratio + n / 2 + by, 0, n - 1)
    low = at.astype(np.int64)
    high, share = np.minimum(low + 1, n - 1), (at - low).astype(np.float32)
    mixed = sample[:, low] * (1 - share) + sample[:, high] * share
    stretched: NDArray[np.int8] = np.rint(mixed).astype(np.int8)
    return stretched


def _place(sound: NDArray[np.float32], cut_ms: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a clip (16000,) with the loud part of a sound (n,) somewhere in it, at most a little of it cut off."""
    n_frames = len(sound) // _FRAME
    power = np.square(sound[: n_frames * _FRAME].reshape(n_frames, _FRAME)).mean(axis=1)
    loud = np.flatnonzero(power >= power.max() * 10 ** (-_LOUD_DB / 10)) * _FRAME
    begin, end = int(loud[0]), int(loud[-1]) + _FRAME
    cut = cut_ms * SAMPLE_RATE_HZ // 1000
    low, high = sorted((-cut, _CLIP - (end - begin) + cut))
    by = int(rng.integers(low, high + 1)) - begin
    clip = np.zeros(_CLIP, np.float32)
    add_at(clip, sound, by)
    return clip
