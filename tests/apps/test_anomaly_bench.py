"""Recordings of motion fed to the board: scores, alarms and delays, in the terminal and as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tinyhost.device import Device
from tinyhost.metrics.alarms import judge_alarms
from tinyhost.motion.csv import write_motion_csv
from tinyhost.motion.score import ONE, alarm_states
from tinyhost.sensors.annotations import Annotation
from tinyhost.synth.machine.faults import Fault
from tinyhost.synth.machine.machine import Machine, MachineOptions
from tinyhost.tasks.anomaly.detector import HostDetector, feed_run

from tests.commands import run_json
from tests.stations import Station, Stations, shipped_image

pytestmark = pytest.mark.firmware

RATE = 119


@pytest.fixture(params=["native", "m4"])
def station(request: pytest.FixtureRequest, stations: Stations) -> Station:
    return stations(request.param, "anomaly", model=True)


def _machine(seconds: int, fault: Fault = "none", start_s: float = 0.0) -> Machine:
    return Machine(MachineOptions(rpm=612.5, load=0.4, seed=7, fault=fault, start_s=start_s))


def test_scores_and_alarms_of_the_board_are_this_computers(station: Station) -> None:
    samples = _machine(20, "bearing", start_s=10.0).read(20 * RATE)
    host = HostDetector(shipped_image("anomaly"))
    with station.board.power() as powered, Device.open(powered) as device:
        run = feed_run(device, samples, RATE)
    expected = host.scores(samples)
    np.testing.assert_array_equal(run.scores, expected)
    np.testing.assert_array_equal(run.states, alarm_states(expected / ONE, host.task.alarm))
    assert run.positions.tolist() == list(range(128, 20 * RATE + 1, 32))
    (raised,) = run.raised_at
    assert 10.0 < raised / RATE < 12.0


def _folder(root: Path) -> Path:
    faults: dict[str, Fault] = {"normal": "none", "imbalance": "imbalance"}
    for label, fault in faults.items():
        (root / label).mkdir(parents=True)
        write_motion_csv(root / label / "a.csv", _machine(15, fault).blocks(15 * RATE))
    return root


def _bench(station: Station, *options: str) -> dict[str, Any]:
    return station.run_json("bench", "--runs", "1", "--samples", "2", *options)


def test_bench_tells_how_labels_are_told_apart(station: Station, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    motion = _bench(station, "--data", str(_folder(tmp_path / "data")), "--report", str(page))["motion"]
    assert "<td>imbalance</td>" in page.read_text()
    assert motion["host"] == {"compared": 2 * ((15 * RATE - 128) // 32 + 1), "mismatches": 0}
    assert motion["labels"]["imbalance"]["auc"] > 0.98
    assert motion["labels"]["imbalance"]["n_alarmed"] == 1
    assert (motion["labels"]["normal"]["n_alarms"], motion["labels"]["normal"]["auc"]) == (0, None)


def test_bench_tells_false_alarms_and_delays_of_a_long_recording(station: Station, tmp_path: Path) -> None:
    stream, truth = tmp_path / "long.csv", tmp_path / "long.truth.csv"
    write_motion_csv(stream, _machine(30, "looseness", start_s=15.0).blocks(30 * RATE))
    truth.write_text("start_s,end_s,label\n15,30,looseness\n")
    felt = _bench(station, "--stream", str(stream))["motion_stream"]
    (fault,) = felt["faults"]
    assert 0.0 < fault["delay_s"] < 2.0
    assert felt["false_alarms_s"] == []
    assert felt["healthy_seconds"] == pytest.approx(15.0, abs=0.01)
    truth.write_text("start_s,end_s,label\n")
    felt = _bench(station, "--stream", str(stream))["motion_stream"]
    assert felt["false_alarms_s"] == [pytest.approx(15.0 + fault["delay_s"], abs=0.01)]
    assert felt["false_alarms_per_hour"] == pytest.approx(120.0, rel=0.01)


def test_alarms_are_a_faults_if_they_are_raised_within_it() -> None:
    faults = [Annotation(start_s=10.0, end_s=20.0, label="a"), Annotation(start_s=40.0, end_s=50.0, label="b")]
    seen, false_s = judge_alarms([3.0, 11.5, 15.0, 20.5, 22.0], faults, tolerance_s=1.0)
    assert [item.delay_s for item in seen] == [1.5, None]
    assert false_s == (3.0, 22.0)


def test_recordings_of_other_programs_are_measured_in_the_unit_that_is_said(stations: Stations, tmp_path: Path) -> None:
    station = stations("native", "anomaly", model=True)
    for number in range(3):
        rows = (f"{x};{y};{z}" for x, y, z in (_machine(4).read(4 * RATE) * 0.000122).round(5))
        lines = [f"{1e6 * i / RATE:.0f};{row}".replace(".", ",") for i, row in enumerate(rows)]
        (tmp_path / "normal").mkdir(exist_ok=True)
        (tmp_path / "normal" / f"{number}.csv").write_text("\n".join(["Time;X;Y;Z", *lines]))
    data = ("bench", "--runs", "1", "--samples", "0", "--data", str(tmp_path))
    assert "--unit g, or for a scene" in station.run(*data, code=1).err
    motion = station.run_json(*data, "--unit", "g")["motion"]
    assert motion["recordings"] == 3
    assert (
        motion["issues"][0]
        == "3 of 3 files: times are assumed to be in us, 119 samples per second; otherwise give --time-unit"
    )
    assert (
        "no recording for testing; it has no parts"
        in station.run(*data, "--unit", "g", "--part", "testing", code=1).err
    )
    assert run_json("data", "split", tmp_path, "--unit", "g")["parts"] == {"training": 1, "validation": 1, "testing": 1}
    assert station.run_json(*data, "--unit", "g", "--part", "testing")["motion"]["recordings"] == 1
