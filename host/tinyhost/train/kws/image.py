"""A keyword model as the board takes it: what it says beside the network, and its scores from the firmware's engine."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.features import FrontendConfig
from tinyhost.compiler.api import compile_tflite
from tinyhost.compiler.app_defaults import AppDefaults
from tinyhost.compiler.image_format import KwsParams, Task
from tinyhost.datasets.sounds import N_SILENT
from tinyhost.models.reference import HostReference
from tinyhost.models.summary import summarize
from tinyhost.train.kws.network import N_STRIDES

__all__ = ["engine_scores", "kws_defaults", "kws_image", "kws_params"]


def kws_params(*, average_ms: int, suppression_ms: int, min_results: int, period_ms: int) -> KwsParams:
    """Return the task data of a model trained here: the features that it was trained on, and what the app does."""
    frontend = FrontendConfig()
    return KwsParams(
        sample_rate_hz=frontend.sample_rate_hz,
        window_ms=frontend.window_ms,
        stride_ms=frontend.stride_ms,
        n_channels=frontend.n_channels,
        n_strides=N_STRIDES,
        average_ms=average_ms,
        suppression_ms=suppression_ms,
        n_silent_labels=N_SILENT,
        min_results=min_results,
        period_ms=period_ms,
    )


def kws_defaults(params: KwsParams, threshold: float) -> AppDefaults:
    """Return what a keyword model says beside its network; threshold: of averaged scores, 0..1."""
    return AppDefaults(threshold=threshold, task_data=params.pack())


def kws_image(tflite: bytes, name: str, labels: Sequence[str], defaults: AppDefaults) -> bytes:
    """Return the model image (.thm) of a keyword model."""
    return compile_tflite(tflite, name=name, task=Task.KWS, labels=labels, defaults=defaults).image


def engine_scores(image: bytes, features: NDArray[np.int8]) -> NDArray[np.float64]:
    """Return what the firmware's engine says, (n, n_classes) in 0..1, to int8 features (n, 49, 40)."""
    engine, output = HostReference(image), summarize(image).output
    raw = np.stack([np.frombuffer(engine.run(sample.tobytes()), np.int8) for sample in features])
    return (raw.astype(np.float64) - output.zero_point) * output.scale
