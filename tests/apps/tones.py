"""A keyword model whose weights are written down here, for words that a test can say: low tones and high tones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tinyhost.audio.levels import to_pcm
from tinyhost.compiler import AppDefaults, Task, compile_tflite
from tinyhost.compiler.app_defaults import WakeDefaults
from tinyhost.compiler.image_format import KwsParams
from tinyhost.models.cascade import joined

from tests.oracle.builder import ModelBuilder

__all__ = [
    "LABELS",
    "N_CHANNELS",
    "N_STRIDES",
    "PARAMS",
    "RATE_HZ",
    "cascade_model",
    "loudness_network",
    "say",
    "silence",
    "tone_model",
    "tone_network",
]

RATE_HZ = 16_000
N_STRIDES, N_CHANNELS = 49, 40
LABELS = ("silence", "unknown", "low", "high")
PARAMS = KwsParams(
    sample_rate_hz=RATE_HZ,
    window_ms=30,
    stride_ms=20,
    n_channels=N_CHANNELS,
    n_strides=N_STRIDES,
    average_ms=200,
    suppression_ms=500,
    n_silent_labels=2,
    min_results=3,
)
_HZ = {"low": 300.0, "high": 4000.0}
_WORD_S = 0.5
_SILENCE = 12_000
"""Score of silence: three times the feature steps by which the channels of a word have to be above the others"""


def say(word: str) -> NDArray[np.int16]:
    """Return half a second of a low or a high tone that is there and gone 10 times a second, as syllables are."""
    time_s = np.arange(round(_WORD_S * RATE_HZ)) / RATE_HZ
    envelope = np.maximum(np.sin(2 * np.pi * 10 * time_s), 0)
    return to_pcm((0.3 * envelope * np.sin(2 * np.pi * _HZ[word] * time_s)).astype(np.float32))


def silence(seconds: float) -> NDArray[np.int16]:
    """Return silence."""
    return np.zeros(round(seconds * RATE_HZ), np.int16)


def tone_model(params: KwsParams | bytes | None = PARAMS, *, labels: Sequence[str] = LABELS) -> bytes:
    """Return the image of a model that compares the lower with the upper channels, and both with silence.

    params: its task data, b"" for none. Of cepstral coefficients it takes the one that does so, c1.
    """
    n_features = (params.n_coefficients if isinstance(params, KwsParams) else 0) or N_CHANNELS
    defaults = AppDefaults(threshold=0.6, task_data=params.pack() if isinstance(params, KwsParams) else params or b"")
    return compile_tflite(tone_network(n_features), name="tones", task=Task.KWS, labels=labels, defaults=defaults).image


def cascade_model(wake: WakeDefaults, *, passes: bool = True) -> bytes:
    """Return the image of tone_model behind a network that hears whether there is anything."""
    defaults = AppDefaults(threshold=0.6, task_data=PARAMS.pack(), wake=wake)
    both = joined(loudness_network(), tone_network())
    return compile_tflite(both, name="cascade", task=Task.KWS, labels=LABELS, defaults=defaults, passes=passes).image


def loudness_network() -> bytes:
    """Return the .tflite of a network that scores silence, and that there is sound in the newest strides."""
    weights = np.zeros((2, N_STRIDES, N_CHANNELS), np.int8)
    weights[1, -8:] = 1
    builder = ModelBuilder()
    features = builder.tensor([1, N_STRIDES * N_CHANNELS], scale=26 / 256, zero_point=-128)
    matrix = builder.tensor([2, N_STRIDES * N_CHANNELS], scale=0.002, data=weights.reshape(2, -1))
    bias = builder.tensor([2], dtype="int32", scale=0.002 * 26 / 256, data=np.array([4000, 0], np.int32))
    logits = builder.tensor([1, 2], scale=0.1)
    scores = builder.tensor([1, 2], scale=1 / 256, zero_point=-128)
    builder.operator("FULLY_CONNECTED", [features, matrix, bias], logits)
    builder.operator("SOFTMAX", [logits], scores, Beta=1.0)
    return builder.build([features], [scores])


def tone_network(n_features: int = N_CHANNELS) -> bytes:
    """Return the .tflite of tone_model."""
    weights = np.zeros((4, N_STRIDES, n_features), np.int8)
    if n_features == N_CHANNELS:
        weights[2, :, :12], weights[2, :, 24:] = 3, -3
        weights[3, :, :12], weights[3, :, 24:] = -3, 3
    else:
        weights[2, :, 1], weights[3, :, 1] = 60, -60
    builder = ModelBuilder()
    zero_point = -128 if n_features == N_CHANNELS else 0
    features = builder.tensor([1, N_STRIDES * n_features], scale=26 / 256, zero_point=zero_point)
    matrix = builder.tensor([4, N_STRIDES * n_features], scale=0.002, data=weights.reshape(4, -1))
    bias = builder.tensor(
        [4], dtype="int32", scale=0.002 * 26 / 256, data=np.array([_SILENCE, -_SILENCE, 0, 0], np.int32)
    )
    logits = builder.tensor([1, 4], scale=0.1)
    scores = builder.tensor([1, 4], scale=1 / 256, zero_point=-128)
    builder.operator("FULLY_CONNECTED", [features, matrix, bias], logits)
    builder.operator("SOFTMAX", [logits], scores, Beta=1.0)
    return builder.build([features], [scores])
