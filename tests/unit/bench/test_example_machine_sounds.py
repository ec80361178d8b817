"""scripts/example_machine_sounds.py as people run it, on generated machines."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tinyhost.audio.wav import write_wav

from tests.oracle.builder import ModelBuilder

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "example_machine_sounds.py"


def run(*arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a network of 640 values that always answers -60 dB: what is louder than that scores higher."""
    builder = ModelBuilder()
    decibels = builder.tensor((1, 640), scale=0.5, zero_point=60)
    weights = builder.tensor((640, 640), scale=0.01, data=np.zeros((640, 640), np.int64))
    bias = builder.tensor((640,), dtype="int32", scale=0.005, data=np.full(640, -12_000))
    back = builder.tensor((1, 640), scale=0.5, zero_point=60)
    builder.operator("FULLY_CONNECTED", [decibels, weights, bias], back, FusedActivationFunction=0)
    path = tmp_path_factory.mktemp("model") / "constant.tflite"
    path.write_bytes(builder.build([decibels], [back]))
    return path


def test_each_machine_gets_its_figures(tmp_path: Path, model: Path) -> None:
    loudness = {"normal_id_01_0": 100, "normal_id_01_1": 120, "anomaly_id_01_0": 2000, "anomaly_id_01_1": 3000}
    loudness |= {"normal_id_02_0": 3000, "anomaly_id_02_0": 100}
    for index, (name, level) in enumerate(loudness.items()):
        pcm = np.random.default_rng(index).normal(0, level, (30_000, 2)).astype(np.int16)
        write_wav(tmp_path / "set" / "fan" / "test" / f"{name}.wav", pcm)
    done = run(tmp_path / "set", "--model", model, "--convert", "--csv", tmp_path / "scores.csv")
    lines = done.stdout.splitlines()
    assert lines[0].endswith("dcase, 6 clips scored, 0 files skipped")
    assert lines[1].startswith("fan id_01: 2 normal clips")
    assert lines[1].endswith("AUC 1.0000, pAUC 1.0000")
    assert lines[2].endswith("AUC 0.0000, pAUC 0.4737")
    assert lines[3] == "mean of 2 machines: AUC 0.5000, pAUC 0.7368"
    rows = list(csv.DictReader((tmp_path / "scores.csv").open()))
    assert [(row["machine"], row["anomalous"]) for row in rows][:3] == [
        ("fan id_01", "0"),
        ("fan id_01", "0"),
        ("fan id_01", "1"),
    ]
    few = run(tmp_path / "set", "--model", model, "--convert", "--count", "1").stdout
    assert "4 clips scored" in few
    stereo = run(tmp_path / "set", "--model", model, code=1).stderr
    assert "got 16,000 Hz, stereo, 16 bit" in stereo
    assert "--convert uses the first channel" in stereo


def test_what_cannot_be_scored_is_an_error(tmp_path: Path, model: Path) -> None:
    assert "missing: no such folder" in run(tmp_path / "missing", "--model", model, code=1).stderr
    write_wav(tmp_path / "fan/train/normal_id_01_0.wav", np.zeros(100, np.int16))
    assert "no clip is for testing" in run(tmp_path, "--model", model, code=1).stderr
    write_wav(tmp_path / "fan/test/normal_id_01_0.wav", np.zeros(100, np.int16))
    assert "100 samples, expected 27,648 or more" in run(tmp_path, "--model", model, code=1).stderr
    assert "No such file" in run(tmp_path, "--model", tmp_path / "none.tflite", code=1).stderr
