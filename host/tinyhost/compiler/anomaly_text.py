"""An anomaly model's task data as names and numbers, for settings.json."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from tinyhost.compiler.anomaly_task import AnomalyTask
from tinyhost.errors import UsageError
from tinyhost.motion.config import MAX_BANDS, MAX_FFT, MIN_FFT, STATISTICS, MotionConfig
from tinyhost.motion.features import FeatureScaling
from tinyhost.motion.score import MAX_WEIGHT_BITS, AlarmSettings, CentroidSet
from tinyhost.system.json_reading import JsonObject

__all__ = ["anomaly_from_names", "anomaly_names"]

_NUMBERS = ("counts_per_g", "reconstruction_gain", "distance_gain", "baseline_score")
_KEYS = (*_NUMBERS, "baseline_shift", "embedding_operator", "features", "alarm", "scaling", "centroids")
_FEATURES = ("rate_hz", "n_fft", "hop", "band_edges")
_ALARM = ("threshold", "hysteresis", "raise_windows", "clear_windows")
_MAX_FEATURES = 3 * (MAX_BANDS + len(STATISTICS))
_MAX_U8, _MAX_U16, _MAX_I32 = 2**8 - 1, 2**16 - 1, 2**31 - 1
_MAX_SCORE = 32767.0
_MAX_RATE_HZ, _MAX_COUNTS_PER_G = 1e6, 1e6


def anomaly_names(data: bytes) -> dict[str, Any]:
    """Return packed task data by name; `anomaly_from_names` gives the same bytes again."""
    task = AnomalyTask.unpack(data)
    centroids = task.centroids
    return {
        "features": {name: getattr(task.motion, name) for name in _FEATURES},
        "alarm": asdict(task.alarm),
        **{name: getattr(task, name) for name in _NUMBERS},
        "baseline_shift": task.baseline_shift,
        "embedding_operator": task.embedding_operator,
        "scaling": {"offsets": task.scaling.offsets.tolist(), "multipliers": task.scaling.multipliers.tolist()},
        "centroids": None
        if centroids is None
        else {
            "weight_bits": centroids.weight_bits,
            "weights": centroids.weights.tolist(),
            "values": centroids.values.tolist(),
        },
    }


def anomaly_from_names(values: JsonObject) -> bytes:
    """Return the packed task data of names and numbers.

    Raises the object's error for what is missing, too much, of another type or out of bounds, and for what the firmware
    would refuse.
    """
    values.check_keys(_KEYS)
    has_centroids = values.values["centroids"] is not None
    has_embedding = values.values["embedding_operator"] is not None
    try:
        return AnomalyTask(
            motion=_motion(values.object("features")),
            alarm=_alarm(values.object("alarm")),
            scaling=_scaling(values.object("scaling")),
            centroids=_centroids(values.object("centroids")) if has_centroids else None,
            baseline_shift=values.integer("baseline_shift", 0, _MAX_U8),
            embedding_operator=values.integer("embedding_operator", 0, _MAX_U16) if has_embedding else None,
            counts_per_g=values.number("counts_per_g", 0.0, _MAX_COUNTS_PER_G),
            reconstruction_gain=values.number("reconstruction_gain", 0.0, _MAX_SCORE),
            distance_gain=values.number("distance_gain", 0.0, _MAX_SCORE),
            baseline_score=values.number("baseline_score", 0.0, _MAX_SCORE),
        ).pack()
    except UsageError as exc:
        raise values.error(f"{values.where}: {exc.message}", hint=values.hint) from exc


def _motion(values: JsonObject) -> MotionConfig:
    values.check_keys(_FEATURES)
    return MotionConfig(
        rate_hz=values.number("rate_hz", 0.0, _MAX_RATE_HZ),
        n_fft=values.integer("n_fft", MIN_FFT, MAX_FFT),
        hop=values.integer("hop", 1, MAX_FFT),
        band_edges=tuple(values.integers("band_edges", 1, MAX_FFT, max_items=MAX_BANDS + 1)),
    )


def _alarm(values: JsonObject) -> AlarmSettings:
    values.check_keys(_ALARM)
    return AlarmSettings(
        threshold=values.number("threshold", 0.0, _MAX_SCORE),
        hysteresis=values.number("hysteresis", 0.0, _MAX_SCORE),
        raise_windows=values.integer("raise_windows", 1, _MAX_U16),
        clear_windows=values.integer("clear_windows", 1, _MAX_U16),
    )


def _scaling(values: JsonObject) -> FeatureScaling:
    values.check_keys(("offsets", "multipliers"))
    offsets = values.integers("offsets", -(2**15), 2**15 - 1, max_items=_MAX_FEATURES)
    multipliers = values.integers("multipliers", -_MAX_I32 - 1, _MAX_I32, max_items=_MAX_FEATURES)
    return FeatureScaling(offsets=np.array(offsets, np.int16), multipliers=np.array(multipliers, np.int32))


def _centroids(values: JsonObject) -> CentroidSet:
    values.check_keys(("weight_bits", "weights", "values"))
    rows = values.integer_rows("values", -128, 127, max_rows=_MAX_U8, max_items=_MAX_U8)
    return CentroidSet(
        values=np.array(rows, np.int8),
        weights=np.array(values.integers("weights", 0, _MAX_U16, max_items=_MAX_U8), np.uint16),
        weight_bits=values.integer("weight_bits", 0, MAX_WEIGHT_BITS),
    )
