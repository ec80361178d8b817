"""An anomaly model's task data as names and numbers, for settings.json."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from tinyhost.compiler.anomaly_task import AnomalyTask
from tinyhost.motion.config import MotionConfig
from tinyhost.motion.features import FeatureScaling
from tinyhost.motion.score import AlarmSettings, CentroidSet

__all__ = ["anomaly_from_names", "anomaly_names"]

_NUMBERS = ("counts_per_g", "reconstruction_gain", "distance_gain", "baseline_score")
_KEYS = {*_NUMBERS, "baseline_shift", "embedding_operator", "features", "alarm", "scaling", "centroids"}
_FEATURES = ("rate_hz", "n_fft", "hop", "band_edges")


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


def anomaly_from_names(values: dict[str, Any]) -> bytes:
    """Return the packed task data of names and numbers.

    Raises ValueError, KeyError or TypeError for what is missing, too much or no number, UsageError for what the
    firmware would refuse.
    """
    if set(values) != _KEYS:
        raise ValueError(f"anomaly: expected the keys {', '.join(sorted(_KEYS))}; got {', '.join(sorted(values))}")
    features, centroids, scaling = values["features"], values["centroids"], values["scaling"]
    return AnomalyTask(
        motion=MotionConfig(**{**features, "band_edges": tuple(features["band_edges"])}),
        alarm=AlarmSettings(**values["alarm"]),
        scaling=FeatureScaling(
            offsets=np.array(scaling["offsets"], np.int16), multipliers=np.array(scaling["multipliers"], np.int32)
        ),
        centroids=None
        if centroids is None
        else CentroidSet(
            values=np.array(centroids["values"], np.int8),
            weights=np.array(centroids["weights"], np.uint16),
            weight_bits=int(centroids["weight_bits"]),
        ),
        baseline_shift=int(values["baseline_shift"]),
        embedding_operator=values["embedding_operator"],
        **{name: float(values[name]) for name in _NUMBERS},
    ).pack()
