"""Features of sound from the firmware's own audio micro-frontend, so that training sees the board's features."""

from __future__ import annotations

import dataclasses
import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost import _firmware
from tinyhost.errors import ConfigError

__all__ = ["FeatureStream", "FrontendConfig", "FrontendVariant", "features", "quantized"]

_LIMITS = (
    "the window takes 65 to 512 samples, the stride no more than it; there are 1 to 64 channels, from bands below half "
    "the sample rate, which is at most 65535 Hz; there are no more coefficients than channels, and at most 20"
)


class FrontendVariant(enum.IntEnum):
    """TFLM's two frontends, whose features sometimes differ by one step, as their tables are rounded differently.

    SIGNAL: its signal library, so audio_preprocessor_int8.tflite and micro_speech.
    MICROFRONTEND: its microfrontend library, so TensorFlow's audio_microfrontend and pymicro-features.
    """

    SIGNAL = 0
    MICROFRONTEND = 1


@dataclass(frozen=True, kw_only=True)
class FrontendConfig:
    """Parameters of the frontend; the defaults are those of TFLM's micro_speech.

    The firmware's limits: a window of 65 to 512 samples, a stride of at most the window, 1 to 64 channels, bands below
    half the sample rate, at most 20 coefficients.
    """

    sample_rate_hz: int = 16_000
    window_ms: int = 30
    stride_ms: int = 20
    n_channels: int = 40
    lower_band_hz: int = 125
    upper_band_hz: int = 7500
    variant: FrontendVariant = FrontendVariant.SIGNAL
    n_coefficients: int = 0
    """cepstral coefficients (MFCC) per row of features; 0: the features are the channels"""

    @property
    def n_features(self) -> int:
        """The number of features in a row."""
        return self.n_coefficients or self.n_channels

    @property
    def window_samples(self) -> int:
        """The number of samples in a window."""
        return self.sample_rate_hz * self.window_ms // 1000

    @property
    def stride_samples(self) -> int:
        """The number of samples between two rows of features."""
        return self.sample_rate_hz * self.stride_ms // 1000

    def n_strides(self, n_samples: int) -> int:
        """Return the number of rows of features in a recording: 49 for one second, by default."""
        return max(0, (n_samples - self.window_samples) // self.stride_samples + 1)


class FeatureStream:
    """Streaming features of sound, piece by piece, as on the board."""

    def __init__(self, config: FrontendConfig | None = None) -> None:
        """Raises ConfigError if the firmware refuses the configuration."""
        self.config = config or FrontendConfig()
        fields = {name: int(value) for name, value in dataclasses.asdict(self.config).items()}
        try:
            self._frontend = _firmware.Frontend(**fields)
        except (_firmware.StatusError, TypeError) as exc:  # TypeError: a number that its field cannot hold
            raise ConfigError(f"invalid parameters of the audio frontend: {self.config}", hint=_LIMITS) from exc

    def feed(self, pcm: NDArray[np.int16]) -> NDArray[np.uint16]:
        """Return the raw features of the strides that these samples complete.

        pcm: (n,), n may be 0. Returns (n_strides, n_channels): 64 ln(energy) after noise reduction and gain, or, of
        MFCC, 64 ln(amplitude).
        """
        return self._frontend.feed(np.ascontiguousarray(pcm))

    def features(self, pcm: NDArray[np.int16]) -> NDArray[np.int8]:
        """Return the model's input for the strides that these samples complete: (n_strides, n_features)."""
        return self._frontend.features(np.ascontiguousarray(pcm))

    def reset(self) -> None:
        """Clear all state, including the noise estimates, for a new recording."""
        self._frontend.reset()


def quantized(raw: NDArray[np.uint16]) -> NDArray[np.int8]:
    """Return raw features (n_strides, n_channels) as a model's int8 input, as micro_speech maps them."""
    return _firmware.Frontend.quantize(np.ascontiguousarray(raw))


def features(pcm: NDArray[np.int16], config: FrontendConfig | None = None) -> NDArray[np.int8]:
    """Return the int8 features of a recording, starting without a noise estimate.

    pcm: (n,), at config.sample_rate_hz. Returns (n_strides, n_features), no row if it is shorter than a window.
    Raises ConfigError if the firmware refuses the configuration.
    """
    return FeatureStream(config).features(pcm)
