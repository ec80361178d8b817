"""What a keyword model's image says of its app: window, classes that are no words, threshold."""

from __future__ import annotations

import struct

from tinyhost.compiler import ModelImage
from tinyhost.compiler.image_format import KwsParams
from tinyhost.errors import ModelError

__all__ = ["keyword_params", "threshold_units"]

_MICRO_SPEECH = KwsParams(
    sample_rate_hz=16_000,
    window_ms=30,
    stride_ms=20,
    n_channels=40,
    n_strides=49,
    average_ms=1000,
    suppression_ms=1500,
    n_silent_labels=2,
    min_results=3,
    period_ms=0,
)
_MICRO_SPEECH_THRESHOLD = 73
"""What the firmware takes a model without task data for: firmware/lib/kws/include/kws/params.h."""


def keyword_params(image: bytes) -> KwsParams:
    """Return the task data of a keyword model's image, or what the firmware takes a model without any for."""
    data = ModelImage.parse(image).task_data
    if not data:
        return _MICRO_SPEECH
    try:
        return KwsParams.unpack(data)
    except struct.error as error:
        raise ModelError(f"task data: expected {KwsParams.SIZE} bytes of KwsParams, got {len(data)}") from error


def threshold_units(image: bytes) -> int:
    """Return the averaged score from which on the app detects a word, in the output's units."""
    parsed = ModelImage.parse(image)
    return parsed.metadata.threshold if parsed.task_data else _MICRO_SPEECH_THRESHOLD
