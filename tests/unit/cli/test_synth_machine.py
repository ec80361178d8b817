"""`tinyhost synth machine`, as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tinyhost.motion.csv import read_motion_csv
from tinyhost.motion.sensor import BMI270
from tinyhost.synth.machine.machine import Machine, MachineOptions

from tests.commands import run_tinyhost


def _run(*arguments: str | Path, code: int = 0) -> str:
    done = run_tinyhost("synth", "machine", *arguments)
    assert done.code == code, f"exit {done.code}\n{done.out}\n{done.err}"
    assert done.out == ""
    return done.err


def test_a_machine_becomes_a_file_and_what_made_it(tmp_path: Path) -> None:
    file = tmp_path / "fan.csv"
    what = {"--minutes": 0.5, "--fault": "imbalance", "--severity": 0.5, "--start-s": 10, "--rpm": 480, "--load": 0.2}
    said = _run(file, *(str(part) for option in what.items() for part in option), "--seed", "7")
    assert "3,570 samples, imbalance of severity 0.5 from 10 s on, 480 rpm" in said
    options = MachineOptions(fault="imbalance", severity=0.5, start_s=10.0, rpm=480.0, load=0.2, seed=7)
    recording = read_motion_csv(file)
    np.testing.assert_array_equal(recording.counts(), Machine(options).read(3570))
    manifest = json.loads((tmp_path / "fan.json").read_text())
    assert manifest["n_samples"] == 3570
    assert manifest["units"] == {"timestamp": "ms", "accX": "m/s^2", "accY": "m/s^2", "accZ": "m/s^2"}
    assert manifest["machine"]["fault"] == "imbalance"
    assert manifest["machine"]["start_s"] == 10.0
    assert manifest["machine"]["sensor"]["rate_hz"] == 119.0


def test_the_other_boards_sensor_can_be_had(tmp_path: Path) -> None:
    _run(tmp_path / "a.csv", "--minutes", "0.1", "--sensor", "bmi270")
    recording = read_motion_csv(tmp_path / "a.csv")
    assert recording.rate_hz == pytest.approx(100.0)
    assert recording.counts(BMI270).shape == (600, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--fault", "rust"), "none, imbalance, misalignment, looseness, bearing, stuck"),
        (("--rpm", "6000"), "rpm is 6000.0, expected 60 to 1500"),
        (("--sensor", "adxl345"), "lsm9ds1, bmi270"),
    ],
)
def test_what_is_impossible_is_said_and_writes_nothing(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    assert message in _run(tmp_path / "a.csv", *arguments, code=2)
    assert list(tmp_path.iterdir()) == []
