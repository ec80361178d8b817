"""An anomaly model's settings.json: it agrees with the image, and is rejected if it is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tinyhost.compiler.anomaly_task import AnomalyTask
from tinyhost.compiler.app_defaults import AppDefaults
from tinyhost.compiler.image_format import Task
from tinyhost.compiler.settings_file import read_settings_file, settings_text
from tinyhost.errors import ConfigError
from tinyhost.models.file import load_model_file
from tinyhost.motion.config import MotionConfig
from tinyhost.motion.features import FeatureScaling
from tinyhost.motion.score import AlarmSettings, CentroidSet
from tinyhost.synth.machine.faults import FAULTS
from tinyhost.synth.machine.machine import Machine, MachineOptions
from tinyhost.tasks.anomaly.detector import HostDetector

MODEL = Path(__file__).resolve().parents[3] / "models" / "anomaly" / "model.tflite"
MOTION = MotionConfig(band_edges=(1, 9, 30, 61))


def _settings(*, with_centroids: bool) -> AppDefaults:
    rng, n = np.random.default_rng(0), MOTION.n_features
    centroids = CentroidSet.of_scale(rng.integers(-128, 128, (3, 8)).astype(np.int8), 1 / 12)
    task = AnomalyTask(
        motion=MOTION,
        scaling=FeatureScaling.standardizing(rng.uniform(-2, 9, n), rng.uniform(0.2, 2, n), 1 / 12),
        counts_per_g=8196.7,
        alarm=AlarmSettings(threshold=2.33, hysteresis=0.4),
        reconstruction_gain=0.37,
        distance_gain=0.51 if with_centroids else 0.0,
        centroids=centroids if with_centroids else None,
        embedding_operator=2 if with_centroids else None,
        baseline_score=1.03,
    )
    return AppDefaults(threshold=2.33, task_data=task.pack())


@pytest.mark.parametrize("with_centroids", [False, True])
def test_what_is_written_is_read_to_the_byte(tmp_path: Path, with_centroids: bool) -> None:
    settings, path = _settings(with_centroids=with_centroids), tmp_path / "settings.json"
    path.write_text(settings_text(settings, Task.ANOMALY))
    assert read_settings_file(path) == (Task.ANOMALY, settings)


def _without(values: dict[str, Any]) -> None:
    del values["alarm"]


def _below_zero(values: dict[str, Any]) -> None:
    values["alarm"]["threshold"] = -0.1


def _too_few(values: dict[str, Any]) -> None:
    values["scaling"]["offsets"].pop()


def _not_rising(values: dict[str, Any]) -> None:
    values["features"]["band_edges"][1] = 0


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_without, "is missing"),
        (_below_zero, "alarm: threshold: expected a number from 0 to 32767, got -0.1"),
        (_too_few, "would refuse"),
        (_not_rising, "band_edges: expected at most 33 whole numbers from 1 to 512"),
    ],
)
def test_wrong_settings_are_refused(tmp_path: Path, spoil: Any, words: str) -> None:
    content = json.loads(settings_text(_settings(with_centroids=True), Task.ANOMALY))
    spoil(content["anomaly"])
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(content))
    with pytest.raises(ConfigError, match=words):
        read_settings_file(path)


def test_the_model_that_ships_tells_faults_from_normal_running() -> None:
    host = HostDetector(load_model_file(MODEL).image)
    threshold = round(host.task.alarm.threshold * 65536)

    def scores(fault: Any) -> Any:
        return host.scores(Machine(MachineOptions(rpm=487.5, load=0.6, seed=11, fault=fault)).read(119 * 20))

    assert scores("none").max() < threshold
    for fault in FAULTS[1:]:
        assert np.median(scores(fault)) > threshold, fault
