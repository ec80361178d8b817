"""Scores of windows by the firmware's own features, engine and scoring, on this computer."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tinyhost import _firmware
from tinyhost.compiler.anomaly_task import AnomalyTask
from tinyhost.compiler.api import compile_tflite
from tinyhost.compiler.image import ModelImage
from tinyhost.compiler.image_format import Task
from tinyhost.compiler.tensor_info import TensorInfo
from tinyhost.errors import MissingToolError, ModelError
from tinyhost.models.reference import HostReference
from tinyhost.motion.score import ONE, CentroidSet
from tinyhost.system.installation import with_extra

__all__ = ["EngineRuns", "ScoreParts", "TrainedNetwork", "calibrated", "nearest_centroids", "score_parts"]


@dataclass(frozen=True, kw_only=True)
class EngineRuns:
    """The int8 tensors of a network's runs on windows."""

    inputs: NDArray[np.int8]
    """(n, n_features)"""
    outputs: NDArray[np.int8]
    """(n, n_features)"""
    embeddings: NDArray[np.int8]
    """(n, n_embedding)"""


@dataclass(frozen=True, kw_only=True)
class ScoreParts:
    """Scores of n windows and their parts; unused parts are 0."""

    score: NDArray[np.float64]
    reconstruction: NDArray[np.float64]
    distance: NDArray[np.float64]
    nearest: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class TrainedNetwork:
    """An int8 autoencoder on the firmware's engine."""

    tflite: bytes
    embedding_operator: int
    input: TensorInfo
    output: TensorInfo
    embedding: TensorInfo
    n_parameters: int
    macs: int

    @classmethod
    def open(cls, tflite: bytes, n_embedding: int) -> TrainedNetwork:
        """Return the network; raises ModelError if its narrowest operator is not the embedding."""
        image = ModelImage.parse(compile_tflite(tflite, name="autoencoder", task=Task.ANOMALY).image)
        outputs = [image.tensor_info(operator.output) for operator in image.operators]
        place = min(range(len(outputs)), key=lambda index: outputs[index].n_bytes)
        if outputs[place].n_bytes != n_embedding:
            raise ModelError(
                f"autoencoder: expected an operator with {n_embedding} outputs, the narrowest has "
                f"{outputs[place].n_bytes}",
                hint="choose another size: --embeddings",
            )
        return cls(
            tflite=tflite,
            embedding_operator=place,
            input=image.input,
            output=image.output,
            embedding=outputs[place],
            n_parameters=image.metadata.n_params,
            macs=image.metadata.macs,
        )

    @property
    def n_embedding(self) -> int:
        """The width of the narrowest layer."""
        return self.embedding.n_bytes

    def run(self, inputs: NDArray[np.int8]) -> EngineRuns:
        """Return the engine's tensors for (n, n_features) int8 inputs."""
        engine = HostReference(compile_tflite(self.tflite, name="autoencoder", task=Task.ANOMALY).image).engine
        outputs = np.empty_like(inputs)
        embeddings = np.empty((len(inputs), self.n_embedding), np.int8)
        for index, row in enumerate(inputs):
            engine.set_input(row)
            engine.invoke_range(0, self.embedding_operator + 1)
            embeddings[index] = engine.operator_output(self.embedding_operator).reshape(-1)
            engine.invoke_range(self.embedding_operator + 1, engine.n_operators)
            outputs[index] = engine.output().reshape(-1)
        return EngineRuns(inputs=inputs, outputs=outputs, embeddings=embeddings)


def score_parts(task: AnomalyTask, network: TrainedNetwork, runs: EngineRuns) -> ScoreParts:
    """Return the firmware's scores of windows, and their parts."""
    scorer = _firmware.AnomalyScorer(
        task.pack(), (network.input.scale, network.input.zero_point), (network.output.scale, network.output.zero_point)
    )
    score, reconstruction, distance, nearest = scorer.score(runs.inputs, runs.outputs, runs.embeddings).T
    return ScoreParts(
        score=score / ONE,
        reconstruction=reconstruction / ONE,
        distance=distance / ONE,
        nearest=nearest.astype(np.int64),
    )


def calibrated(task: AnomalyTask, network: TrainedNetwork, normal: EngineRuns) -> AnomalyTask:
    """Return the task data with gains of 1 / (mean on normal windows), so that a typical score is 1."""
    parts = score_parts(task, network, normal)
    reconstruction = 1.0 / max(float(parts.reconstruction.mean()), 1e-3) if task.reconstruction_gain else 0.0
    distance = 1.0 / max(float(parts.distance.mean()), 1e-3) if task.centroids is not None else 0.0
    n_parts = (reconstruction > 0.0) + (distance > 0.0)
    return replace(task, reconstruction_gain=reconstruction / n_parts, distance_gain=distance / n_parts)


def nearest_centroids(values: NDArray[np.int8], tensor: TensorInfo, n_centroids: int, seed: int) -> CentroidSet:
    """Return k-means' centroids of (n, n_dimensions) values of a tensor, in its quantization.

    Raises MissingToolError without scikit-learn.
    """
    try:
        from sklearn.cluster import KMeans
    except ImportError as exc:
        raise MissingToolError(
            f"k-means needs scikit-learn, which is not installed ({exc})",
            hint=with_extra("train"),
        ) from exc
    n_clusters = min(n_centroids, len(np.unique(values, axis=0)))
    centres = KMeans(n_clusters, n_init=4, random_state=seed).fit(values.astype(np.float64)).cluster_centers_
    return CentroidSet.of_scale(np.clip(np.rint(centres), -128, 127).astype(np.int8), tensor.scale)
