"""The task data of an anomaly model: how its input is made of samples, its score, its alarm."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost import _firmware
from tinyhost.compiler.image_format import AnomalyParams, DistanceSource, ScoreKind
from tinyhost.errors import ModelError, UsageError
from tinyhost.motion.config import MotionConfig
from tinyhost.motion.features import FeatureScaling
from tinyhost.motion.score import ONE, AlarmSettings, CentroidSet

__all__ = ["AnomalyTask"]


@dataclass(frozen=True, kw_only=True)
class AnomalyTask:
    """What the app `anomaly` must know beside the network; see AnomalyParams for ranges."""

    motion: MotionConfig
    scaling: FeatureScaling
    counts_per_g: float
    alarm: AlarmSettings
    reconstruction_gain: float = 1.0
    """0: the network's output does not count"""
    distance_gain: float = 0.0
    """0: centroids do not count"""
    centroids: CentroidSet | None = None
    embedding_operator: int | None = None
    """centroids are compared with this operator's output; None: with the input"""
    baseline_score: float = 0.0
    """mean score of normal data"""
    baseline_shift: int = 12

    @property
    def kind(self) -> ScoreKind:
        """What the score is made of."""
        if self.centroids is None:
            return ScoreKind.RECONSTRUCTION
        return ScoreKind.COMBINED if self.reconstruction_gain > 0.0 else ScoreKind.DISTANCE

    def pack(self) -> bytes:
        """Return the section's bytes. Raises UsageError if a value does not fit its field."""
        centroids = self.centroids
        has_embedding = centroids is not None and self.embedding_operator is not None
        try:
            params = AnomalyParams(
                rate_mhz=round(self.motion.rate_hz * 1000.0),
                counts_per_g=self.counts_per_g,
                n_fft=self.motion.n_fft,
                hop=self.motion.hop,
                n_bands=self.motion.n_bands,
                n_dimensions=centroids.values.shape[1] if centroids else 0,
                n_centroids=len(centroids.values) if centroids else 0,
                weight_bits=centroids.weight_bits if centroids else 0,
                kind=self.kind,
                distance_source=DistanceSource.EMBEDDING if has_embedding else DistanceSource.INPUT,
                embedding_operator=(self.embedding_operator or 0) if has_embedding else 0,
                baseline_shift=self.baseline_shift,
                reconstruction_gain=round(self.reconstruction_gain * ONE),
                distance_gain=round(self.distance_gain * ONE),
                threshold=round(self.alarm.threshold * ONE),
                hysteresis=round(self.alarm.hysteresis * ONE),
                raise_windows=self.alarm.raise_windows,
                clear_windows=self.alarm.clear_windows,
                baseline_score=round(self.baseline_score * ONE),
            ).pack()
        except (struct.error, OverflowError, ValueError) as exc:
            raise UsageError(f"anomaly model: a parameter does not fit the model image: {exc}") from exc
        data = b"".join([params, *(array.tobytes() for array in self._arrays())])
        _check(data)
        return data

    def _arrays(self) -> list[NDArray[np.generic]]:
        edges = np.array(self.motion.band_edges, "<u2")
        arrays: list[NDArray[np.generic]] = [
            self.scaling.multipliers.astype("<i4"),
            self.scaling.offsets.astype("<i2"),
            edges,
        ]
        if self.centroids is not None:
            arrays += [self.centroids.weights.astype("<u2"), self.centroids.values.astype(np.int8)]
        return arrays

    @classmethod
    def unpack(cls, data: bytes) -> AnomalyTask:
        """Return what a model image's task data says. Raises ModelError if the firmware would refuse it."""
        _check(data, ModelError)
        params = AnomalyParams.unpack(data)
        n_features, place = 3 * (params.n_bands + 3), AnomalyParams.SIZE
        arrays: list[NDArray[np.generic]] = []
        for dtype, count in (
            ("<i4", n_features),
            ("<i2", n_features),
            ("<u2", params.n_bands + 1),
            ("<u2", params.n_dimensions),
            ("i1", params.n_centroids * params.n_dimensions),
        ):
            arrays.append(np.frombuffer(data, dtype, count, place))
            place += arrays[-1].nbytes
        multipliers, offsets, edges, weights, values = arrays
        return cls(
            motion=MotionConfig(
                rate_hz=params.rate_mhz / 1000.0,
                n_fft=params.n_fft,
                hop=params.hop,
                band_edges=tuple(int(edge) for edge in edges.tolist()),
            ),
            scaling=FeatureScaling(offsets=offsets.astype(np.int16), multipliers=multipliers.astype(np.int32)),
            counts_per_g=params.counts_per_g,
            alarm=AlarmSettings(
                threshold=params.threshold / ONE,
                hysteresis=params.hysteresis / ONE,
                raise_windows=params.raise_windows,
                clear_windows=params.clear_windows,
            ),
            reconstruction_gain=params.reconstruction_gain / ONE,
            distance_gain=params.distance_gain / ONE,
            centroids=CentroidSet(
                values=values.astype(np.int8).reshape(params.n_centroids, params.n_dimensions),
                weights=weights.astype(np.uint16),
                weight_bits=params.weight_bits,
            )
            if params.n_centroids
            else None,
            embedding_operator=params.embedding_operator
            if params.distance_source == DistanceSource.EMBEDDING
            else None,
            baseline_score=params.baseline_score / ONE,
            baseline_shift=params.baseline_shift,
        )


def _check(data: bytes, error: type[UsageError] | type[ModelError] = UsageError) -> None:
    """Raise `error` if the firmware would refuse the section."""
    try:
        _firmware.check_anomaly_params(data)
    except _firmware.StatusError as exc:
        raise error(f"the firmware would refuse these parameters of an anomaly model: {exc}") from exc
