"""Baselines of an autoencoder: principal components, numbers of centroids; and plots of embeddings."""

from __future__ import annotations

import numpy as np
import pytest
from tinyhost.errors import MissingToolError
from tinyhost.train.anomaly import projection
from tinyhost.train.anomaly.baseline import CentroidChoice, best_number, linear_base_line


def test_components_explain_a_plane_and_notice_what_leaves_it() -> None:
    rng = np.random.default_rng(1)
    plane = rng.normal(size=(3, 200, 2)) @ rng.normal(size=(2, 6))
    learnt, held_out, normal = plane.astype(np.float32)
    beside = normal + np.float32(0.5) * rng.normal(size=normal.shape).astype(np.float32)
    parts = {"threshold": held_out, "normal": normal, "beside": beside}
    two, one = (linear_base_line(learnt, parts, n) for n in (2, 1))
    assert two.reconstruction < 1e-9
    assert two.auc == {"beside": 1.0}
    assert one.reconstruction > 0.05


def test_the_number_of_centroids_is_that_of_the_best_silhouette() -> None:
    rows = [CentroidChoice(n=n, spread=1 / n, silhouette=value) for n, value in ((2, 0.3), (4, 0.8), (8, 0.8))]
    assert best_number(rows) == 4
    assert best_number([]) == 1


def test_principal_directions_are_those_of_normal_embeddings() -> None:
    normal = np.array([[0.0, 0.0, 0.0], [4.0, 0.0, 0.0], [0.0, 2.0, 0.0], [4.0, 2.0, 0.0]])
    at = projection.projected("pca", normal, np.array([[4.0, 1.0, 9.0]]), seed=0)
    np.testing.assert_allclose(np.abs(at), [[2.0, 0.0]], atol=1e-12)
    assert projection.projected("tsne", normal[:, :1], normal[:, :1], seed=0).shape == (4, 2)


def test_umap_is_asked_for_before_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingToolError, match="needs the Python package umap-learn"):
        projection.check_projection("umap")
    projection.check_projection("tsne")


@pytest.mark.train
def test_groups_that_are_apart_have_the_best_silhouette() -> None:
    from tinyhost.train.anomaly.baseline import centroid_choices

    rng = np.random.default_rng(2)
    centres = rng.integers(-100, 100, (4, 5))
    values = (np.repeat(centres, 60, axis=0) + rng.integers(-2, 3, (240, 5))).astype(np.int8)
    choices = centroid_choices(values, seed=1)
    assert best_number(choices) == 4
    assert choices[1].spread < 0.01
    at = projection.projected("tsne", values.astype(np.float64), values.astype(np.float64), seed=1)
    middles = at.reshape(4, 60, 2).mean(axis=1)
    assert np.abs(at.reshape(4, 60, 2) - middles[:, None]).max() < np.abs(middles[0] - middles[1:]).max()
