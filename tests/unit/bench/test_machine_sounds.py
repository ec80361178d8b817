"""Scores of machine sounds: against tflite-micro and plain numpy, and figures that scikit-learn gave."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.audio.log_mel import LogMelConfig, log_mel_windows
from tinyhost.audio.wav import write_wav
from tinyhost.bench.machine_sounds import ClipScore, SoundModel, machine_figures, score_clips
from tinyhost.datasets.machine_sounds import MachineClip, find_machine_sounds
from tinyhost.errors import DatasetError, ModelError
from tinyhost.metrics.classifier import partial_auc

from tests.oracle.builder import ModelBuilder
from tests.oracle.oracle import as_scale, open_oracle, without_halves

SMALL = LogMelConfig(n_mels=16, n_stacked=2, first_frame=2, end_frame=30)


@pytest.fixture(scope="module")
def tflite() -> bytes:
    """Return a network that multiplies each value by 0.9, in the range of decibels."""
    builder = ModelBuilder()
    decibels = builder.tensor((1, 32), scale=0.5, zero_point=60)
    weight_scale = as_scale(0.9 / 127)
    weights = builder.tensor((32, 32), scale=weight_scale, data=127 * np.eye(32, dtype=np.int64))
    bias = builder.tensor((32,), dtype="int32", scale=0.5 * weight_scale, data=np.zeros(32, np.int64))
    back = builder.tensor((1, 32), scale=without_halves(0.4), zero_point=70)
    builder.operator("FULLY_CONNECTED", [decibels, weights, bias], back, FusedActivationFunction=0)
    return builder.build([decibels], [back])


def sound(seed: int, n: int = 20_000) -> NDArray[np.int16]:
    return np.random.default_rng(seed).normal(0, 3000, n).astype(np.int16)


def test_a_score_is_the_mean_squared_error_of_what_tflite_micro_gives_back(tflite: bytes) -> None:
    model, oracle = SoundModel(tflite, SMALL), open_oracle(tflite)
    scores = model.window_scores(sound(1))
    assert scores.shape == (27,)
    for window, score in zip(log_mel_windows(sound(1), SMALL), scores, strict=True):
        steps = np.clip(np.rint(window / model.network.input.scale) + model.network.input.zero_point, -128, 127).astype(
            np.int8
        )
        back = np.frombuffer(oracle.run(steps.tobytes()), np.int8).astype(np.float64)
        given = (steps.astype(np.float64) - model.network.input.zero_point) * model.network.input.scale
        error = given - (back - model.network.output.zero_point) * model.network.output.scale
        assert score == pytest.approx(np.square(error).mean(), rel=1e-3, abs=1e-4)


def test_a_folder_is_scored_clip_by_clip(tflite: bytes, tmp_path: Path) -> None:
    for index, name in enumerate(("normal_id_01_0", "anomaly_id_01_0", "id_02_0")):
        write_wav(tmp_path / f"ToyCar/test/{name}.wav", sound(index))
    model = SoundModel(tflite, SMALL)
    scores = list(score_clips(model, find_machine_sounds(tmp_path).clips))
    assert {one.clip.path.stem: one.score for one in scores} == {
        "normal_id_01_0": pytest.approx(model.window_scores(sound(0)).mean()),
        "anomaly_id_01_0": pytest.approx(model.window_scores(sound(1)).mean()),
        "id_02_0": pytest.approx(model.window_scores(sound(2)).mean()),
    }
    (only,) = machine_figures(scores)
    assert (only.name, len(only.normal), len(only.anomalous)) == ("ToyCar id_01", 1, 1)
    assert only.auc == float(only.anomalous > only.normal)


def test_figures_are_by_machine() -> None:
    def one(unit: str, anomalous: bool, score: float) -> ClipScore:
        clip = MachineClip(path=Path("x"), machine="fan", unit=unit, part="test", anomalous=anomalous)
        return ClipScore(clip=clip, score=score, n_windows=1)

    first, second = machine_figures(
        [one("id_02", False, 1.0), one("id_00", False, 1.0), one("id_00", True, 2.0), one("id_00", False, 3.0)]
    )
    assert (first.name, first.auc, second.name, second.auc, second.partial_auc) == (
        "fan id_00",
        0.5,
        "fan id_02",
        None,
        None,
    )


def test_partial_auc_is_scikit_learns() -> None:
    scores = np.array([0.1, 0.4, 0.35, 0.8, 0.7, 0.7, 0.2, 0.9, 0.6, 0.55, 0.3, 0.65])
    positive = np.array([0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0, 0], np.bool_)
    # sklearn.metrics.roc_auc_score(positive, scores, max_fpr=...), version 1.9.1
    by_rate = {0.1: 0.7210526315789, 0.25: 0.7387755102041, 0.5: 0.7714285714286}
    for max_false_rate, expected in by_rate.items():
        assert partial_auc(scores, positive, max_false_rate) == pytest.approx(expected, abs=1e-12)
    assert partial_auc(scores, np.zeros(12, np.bool_)) == 0.5


def test_models_and_clips_that_do_not_fit_are_errors(tflite: bytes, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"ad02: expected an autoencoder of 640 int8 values, got int8 \(1, 32\)"):
        SoundModel(tflite, where="ad02")
    with pytest.raises(ModelError):
        SoundModel(b"no model", SMALL)
    write_wav(tmp_path / "ToyCar/test/normal_id_01_0.wav", sound(0, 1000))
    with pytest.raises(DatasetError, match=r"normal_id_01_0.wav: 1,000 samples, expected 1,536 or more"):
        list(score_clips(SoundModel(tflite, SMALL), find_machine_sounds(tmp_path).clips))
