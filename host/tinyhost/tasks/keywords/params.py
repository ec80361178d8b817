"""Parameters in a keyword model's image: window, classes that are no words, threshold."""

from __future__ import annotations

from tinyhost.audio.features import FrontendConfig
from tinyhost.compiler import ModelImage
from tinyhost.compiler.image_format import KWS_PARAMS, MICRO_SPEECH_THRESHOLD, KwsParams
from tinyhost.tasks.params import task_params

__all__ = ["keyword_features", "keyword_params", "threshold_units"]


def keyword_params(image: bytes) -> KwsParams:
    """Return the parameters with which the firmware runs a keyword model. Raises ModelError."""
    return task_params(image, KWS_PARAMS["micro_speech"])


def keyword_features(params: KwsParams) -> FrontendConfig:
    """Return the type of features that a keyword model takes."""
    return FrontendConfig(
        sample_rate_hz=params.sample_rate_hz,
        window_ms=params.window_ms,
        stride_ms=params.stride_ms,
        n_channels=params.n_channels,
        n_coefficients=params.n_coefficients,
    )


def threshold_units(image: bytes) -> int:
    """Return the smoothed score from which the app detects a word, in the output's units."""
    parsed = ModelImage.parse(image)
    return parsed.metadata.threshold if parsed.task_data else MICRO_SPEECH_THRESHOLD
