"""bench --robustness: each step's figures are those of the degraded samples, and a sweep ends where the model fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tinyhost.audio.levels import active_rms, dbfs, rms, to_float
from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.audio.wav import write_wav
from tinyhost.models.file import load_model_file
from tinyhost.models.reference import HostReference, preprocess
from tinyhost.motion.csv import read_motion_csv, write_motion_csv
from tinyhost.motion.score import ONE, alarm_onsets, alarm_states
from tinyhost.sensors.picture_file import read_picture
from tinyhost.synth.machine.machine import Machine, MachineOptions
from tinyhost.synth.pictures import write_dataset
from tinyhost.tasks.anomaly.detector import HostDetector
from tinyhost.tasks.anomaly.sweeps import MOTION_SWEEPS
from tinyhost.tasks.gestures.sweeps import GESTURE_SWEEPS
from tinyhost.tasks.keywords.sweeps import CLIP_SWEEPS
from tinyhost.tasks.sweeps import Sweep
from tinyhost.tasks.vision.sweeps import PICTURE_SWEEPS

from tests.lazily import lazily
from tests.stations import ROOT, Station, Stations, shipped_image

sklearn = lazily("sklearn.metrics")
stats = lazily("scipy.stats")

pytestmark = pytest.mark.firmware
DRAWINGS = ROOT / "models/drawings/model.tflite"


def named(sweeps: tuple[Sweep, ...], name: str) -> Sweep:
    return next(sweep for sweep in sweeps if sweep.name == name)


def check_step(step: dict[str, Any], before: list[bool], now: list[bool]) -> None:
    """Compare a step's figures with those of scikit-learn and scipy."""
    assert step["accuracy"] == pytest.approx(sklearn.accuracy_score([True] * len(now), now))
    interval = stats.binomtest(sum(now), len(now)).proportion_ci(method="wilson")
    assert (step["accuracy_interval"]["low"], step["accuracy_interval"]["high"]) == pytest.approx(
        (interval.low, interval.high), abs=1e-12
    )
    lost = sum(a and not b for a, b in zip(before, now, strict=True))
    gained = sum(b and not a for a, b in zip(before, now, strict=True))
    assert (step["lost"], step["gained"]) == (lost, gained)
    chance = stats.binomtest(lost, lost + gained, alternative="greater").pvalue if lost + gained else 1.0
    assert step["p"] == pytest.approx(chance)
    assert step["breaks"] == (10 * (lost - gained) >= len(now) and chance < 0.05)


def test_pictures_get_worse_until_the_model_breaks_and_each_step_is_what_this_computer_says(
    native: Station, tmp_path: Path
) -> None:
    write_dataset(tmp_path, 8, 7, split="test")
    page = tmp_path / "report.html"
    words = ("bench", "--model", str(DRAWINGS), "--data", str(tmp_path / "test"), "--robustness", "blur")
    result = native.run_json(*words, "--runs", "1", "--samples", "0", "--report", str(page))
    model = load_model_file(DRAWINGS)
    reference = HostReference(model.image)
    files = [Path(item["file"]) for item in result["accuracy"]["pictures"]]

    def rights(step: float) -> list[bool]:
        change = named(PICTURE_SWEEPS, "blur").at(step)
        inputs = (preprocess(change(read_picture(file)), model.summary) for file in files)
        answers = [model.summary.labels[int(np.frombuffer(reference.run(data), np.int8).argmax())] for data in inputs]
        return [answer == file.parent.name for answer, file in zip(answers, files, strict=True)]

    found = result["robustness"]
    before = [item["label"] == item["predicted"] for item in result["accuracy"]["pictures"]]
    assert (found["n"], found["n_right"]) == (16, sum(before))
    [sweep] = found["sweeps"]
    for step in sweep["steps"]:
        check_step(step, before, rights(step["value"]))
    assert [step["breaks"] for step in sweep["steps"]] == [False] * (len(sweep["steps"]) - 1) + [True]
    assert "Robustness, on the board" in page.read_text()
    assert 'aria-label="Accuracy over each condition"' in page.read_text()


def test_recordings_of_motion_are_tilted_and_judged_as_on_this_computer(stations: Stations, tmp_path: Path) -> None:
    station, rate = stations("native", "anomaly", model=True), 119
    for label, fault in (("normal", "none"), ("imbalance", "imbalance")):
        machine = Machine(MachineOptions(rpm=612.5, load=0.4, seed=7, fault=fault))  # type: ignore[arg-type]
        (tmp_path / label).mkdir()
        write_motion_csv(tmp_path / label / "a.csv", machine.blocks(12 * rate))
    words = ("bench", "--data", str(tmp_path), "--robustness", "tilt", "--runs", "1", "--samples", "0")
    [sweep] = station.run_json(*words)["robustness"]["sweeps"]
    host = HostDetector(shipped_image("anomaly"))
    for step in sweep["steps"]:
        change, n_right = named(MOTION_SWEEPS, "tilt").at(step["value"]), 0
        for label in ("normal", "imbalance"):
            counts = read_motion_csv(tmp_path / label / "a.csv").counts()
            states = alarm_states(host.scores(change(counts)) / ONE, host.task.alarm)
            n_right += bool(len(alarm_onsets(states))) == (label != "normal")
        assert step["n_right"] == n_right
    assert sweep["steps"][-1]["value"] == 90.0


def test_a_condition_that_an_app_has_not_is_refused(stations: Stations, tmp_path: Path) -> None:
    station = stations("native", "kws", model=True)
    for label in ("yes", "no"):
        write_wav(tmp_path / f"{label}/a.wav", np.zeros(SAMPLE_RATE_HZ, np.int16))
    words = ("bench", "--runs", "1", "--samples", "0", "--robustness")
    done = station.run(*words, "tilt", "--data", str(tmp_path), code=2)
    assert "--robustness tilt: the app kws has gain, noise, reverberation" in done.err
    assert "--data" in station.run(*words, "gain", code=2).err


def test_conditions_are_as_strong_as_they_say() -> None:
    rng = np.random.default_rng(1)
    word = np.zeros(16_000, np.int16)
    word[6_000:10_000] = (2_000 * np.sin(np.arange(4_000) / 5)).astype(np.int16)
    louder = to_float(named(CLIP_SWEEPS, "gain").at(6.0)(word))
    assert dbfs(rms(louder)) - dbfs(rms(to_float(word))) == pytest.approx(6.0, abs=0.01)
    noisy = to_float(named(CLIP_SWEEPS, "noise").at(10.0)(word))
    assert dbfs(active_rms(to_float(word))) - dbfs(rms(noisy[:5_000])) == pytest.approx(10.0, abs=1.5)
    assert named(CLIP_SWEEPS, "noise").at(10.0)(word * 0).any()
    room = to_float(named(CLIP_SWEEPS, "reverberation").at(0.8)(word))
    assert rms(room[10_200:12_000]) > 0.02 * rms(room[6_000:10_000])
    still = np.tile(np.array([0, 0, 8_000], np.int16), (200, 1))
    assert named(MOTION_SWEEPS, "tilt").at(90.0)(still)[0].tolist() == [0, -8_000, 0]
    shaken = (still + rng.normal(0, 300, still.shape)).astype(np.int16)
    added = named(MOTION_SWEEPS, "noise").at(0.0)(shaken).astype(float) - shaken
    assert float(added.std()) == pytest.approx(300, rel=0.1)
    wave = np.zeros((100, 6), np.int16)
    wave[:, 2], wave[:, 5] = 8_000, np.rint(1_000 * np.cos(np.arange(-49.5, 50) / 5))
    faster = named(GESTURE_SWEEPS, "pace").at(2.0)(wave)
    assert faster[50].tolist() == [0, 0, 8_000, 0, 0, wave[50, 5] + wave[51, 5]]
    assert not faster[[0, -1], 3:].any()
    grey = np.full((96, 96), 100, np.uint8)
    assert named(PICTURE_SWEEPS, "light").at(4.0)(grey).max() == 255
    noise = named(PICTURE_SWEEPS, "noise")
    assert float(noise.at(20.0)(grey).std()) == pytest.approx(20, rel=0.05)
    np.testing.assert_array_equal(noise.at(20.0)(grey), noise.at(20.0)(grey))
