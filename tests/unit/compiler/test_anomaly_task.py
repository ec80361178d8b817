"""An anomaly model's task data: they survive packing, define the score, and invalid bytes are rejected."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tinyhost import _firmware
from tinyhost.compiler.anomaly_task import AnomalyTask
from tinyhost.compiler.image_format import AnomalyParams, ScoreKind
from tinyhost.errors import ModelError, UsageError
from tinyhost.motion.config import MotionConfig
from tinyhost.motion.features import FeatureScaling
from tinyhost.motion.score import ONE, AlarmSettings, CentroidSet

MOTION = MotionConfig(band_edges=(1, 9, 30, 61))
N = MOTION.n_features
STEP = 1 / 16
NOTHING = np.zeros((0, 0), np.int8)


def _task() -> AnomalyTask:
    rng = np.random.default_rng(0)
    return AnomalyTask(
        motion=MOTION,
        scaling=FeatureScaling.standardizing(rng.uniform(-2, 9, N), rng.uniform(0.2, 2, N), STEP),
        counts_per_g=8192.0,
        alarm=AlarmSettings(threshold=2.5, hysteresis=0.5, raise_windows=3, clear_windows=5),
    )


def _with_centroids(task: AnomalyTask, n_dimensions: int = N, **change: object) -> AnomalyTask:
    values = np.random.default_rng(1).integers(-128, 128, (5, n_dimensions)).astype(np.int8)
    return replace(task, centroids=CentroidSet.of_scale(values, STEP), distance_gain=0.5, **change)  # type: ignore[arg-type]


def _assert_equal(one: AnomalyTask, other: AnomalyTask) -> None:
    assert one.pack() == other.pack()
    assert one.motion == other.motion
    assert (one.alarm, one.kind, one.embedding_operator) == (other.alarm, other.kind, other.embedding_operator)
    np.testing.assert_array_equal(one.scaling.offsets, other.scaling.offsets)
    assert (one.centroids is None) == (other.centroids is None)
    if one.centroids is not None and other.centroids is not None:
        np.testing.assert_array_equal(one.centroids.values, other.centroids.values)
        np.testing.assert_array_equal(one.centroids.weights, other.centroids.weights)


@pytest.mark.parametrize(
    ("task", "kind"),
    [
        (_task(), ScoreKind.RECONSTRUCTION),
        (_with_centroids(_task()), ScoreKind.COMBINED),
        (_with_centroids(_task(), reconstruction_gain=0.0), ScoreKind.DISTANCE),
        (_with_centroids(_task(), 8, embedding_operator=2), ScoreKind.COMBINED),
    ],
)
def test_what_is_packed_is_unpacked(task: AnomalyTask, kind: ScoreKind) -> None:
    assert task.kind == kind
    _assert_equal(AnomalyTask.unpack(task.pack()), task)


@settings(max_examples=50)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_score_is_the_documented_sum(seed: int) -> None:
    rng = np.random.default_rng(seed)
    task = _with_centroids(_task(), reconstruction_gain=2.0)
    assert task.centroids is not None
    inputs, outputs = (rng.integers(-128, 128, (30, N)).astype(np.int8) for _ in range(2))
    scorer = _firmware.AnomalyScorer(task.pack(), (STEP, 0), (STEP * 2, 5))
    score, reconstruction, distance, nearest = scorer.score(inputs, outputs, NOTHING).T
    errors = (inputs * STEP - (outputs - 5.0) * STEP * 2) ** 2
    np.testing.assert_allclose(reconstruction / ONE, errors.mean(axis=1), rtol=1e-4, atol=1e-4)
    all_distances = ((inputs[:, None] - task.centroids.values[None].astype(float)) * STEP) ** 2
    np.testing.assert_allclose(distance / ONE, all_distances.mean(axis=2).min(axis=1), rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(nearest, all_distances.mean(axis=2).argmin(axis=1))
    np.testing.assert_allclose(score, 2 * reconstruction + 0.5 * distance, atol=1)


def test_a_distance_of_the_embedding_needs_no_output() -> None:
    task = _with_centroids(_task(), 8, embedding_operator=2, reconstruction_gain=0.0)
    assert task.centroids is not None
    scorer = _firmware.AnomalyScorer(task.pack(), (STEP, 0), (STEP, 0))
    inputs = np.zeros((5, N), np.int8)
    answer = scorer.score(inputs, NOTHING, task.centroids.values)
    assert answer[:, 0].tolist() == [0] * 5
    assert answer[:, 3].tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(_firmware.StatusError):
        scorer.score(inputs, NOTHING, task.centroids.values[:, :7])


@pytest.mark.parametrize(
    "change",
    [
        {"counts_per_g": 0.0},
        {"counts_per_g": float("nan")},
        {"baseline_score": -1.0},
        {"baseline_shift": 25},
        {"reconstruction_gain": -1.0},
        {"reconstruction_gain": 1e6},
        {"distance_gain": float("inf")},
        {"baseline_shift": 300},
    ],
)
def test_impossible_tasks_are_refused_when_packed(change: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        replace(_task(), **change).pack()  # type: ignore[arg-type]


def test_centroids_of_another_size_than_the_input_are_refused() -> None:
    with pytest.raises(UsageError, match="refuse"):
        _with_centroids(_task(), N - 1).pack()


@settings(max_examples=400)
@given(data=st.data())
def test_no_bytes_do_worse_than_a_refusal(data: st.DataObject) -> None:
    section = bytearray(_with_centroids(_task()).pack())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, AnomalyParams.SIZE - 1) | st.integers(0, len(section) - 1))
        section[place] = data.draw(st.sampled_from((0, 1, 2, 3, 127, 128, 255)) | st.integers(0, 255))
    cut = data.draw(st.integers(0, len(section)) | st.just(len(section)))
    try:
        task = AnomalyTask.unpack(bytes(section[:cut]))
    except ModelError:
        return
    assert task.pack()[AnomalyParams.SIZE :] == section[AnomalyParams.SIZE :]
    scorer = _firmware.AnomalyScorer(bytes(section), (STEP, 0), (STEP, 0))
    inputs = np.full((1, task.motion.n_features), -128, np.int8)
    n_dimensions = task.centroids.values.shape[1] if task.centroids else 0
    embedding = np.full((1, n_dimensions), 127, np.int8)
    assert scorer.score(inputs, -1 - inputs, embedding).min() >= 0
