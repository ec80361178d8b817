"""Recordings for training an anomaly detector: what is read, cut, left out, refused."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.datasets.motion import NORMAL, MotionRun, load_motion_folder, part_of_motion
from tinyhost.datasets.motion_windows import long_enough, split_normal, windows_of
from tinyhost.datasets.parts import write_lists
from tinyhost.errors import DatasetError, UsageError
from tinyhost.motion.config import MotionConfig
from tinyhost.motion.csv import write_motion_csv
from tinyhost.motion.sensor import LSM9DS1
from tinyhost.motion.units import MotionUnits
from tinyhost.synth.machine.machine import Machine, MachineOptions
from tinyhost.train.anomaly.config import AnomalyTrainConfig
from tinyhost.train.anomaly.machine import MachineSetConfig, machine_set, trained_conditions, unseen_conditions
from tinyhost.train.anomaly.normal import prepare
from tinyhost.train.anomaly.trim import outlying

MOTION = MotionConfig()
RATE = 119


def _write(path: Path, seconds: int, options: MachineOptions | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_motion_csv(path, Machine(options or MachineOptions()).blocks(seconds * RATE))
    return path


def _run(samples: NDArray[np.int16], *pieces: slice, label: str = NORMAL) -> MotionRun:
    return MotionRun(label=label, name="a", samples=samples, pieces=pieces or (slice(0, len(samples)),))


def test_a_folder_becomes_labelled_recordings_with_the_sensors_counts(tmp_path: Path) -> None:
    _write(tmp_path / "normal" / "a.csv", 3)
    _write(tmp_path / "loose" / "b.csv", 2)
    motions = load_motion_folder(tmp_path)
    assert [(run.label, run.name, len(run.samples)) for run in motions.runs] == [
        ("loose", "loose/b.csv", 2 * RATE),
        ("normal", "normal/a.csv", 3 * RATE),
    ]
    assert motions.labels == ("loose",)
    np.testing.assert_array_equal(motions.runs[1].samples, Machine(MachineOptions()).read(3 * RATE))


def test_no_window_reaches_across_a_gap_and_the_gap_is_reported(tmp_path: Path) -> None:
    path = _write(tmp_path / "normal" / "a.csv", 4)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:201] + lines[251:]))
    motions = load_motion_folder(tmp_path)
    assert motions.notes == ("normal/a.csv: 50 samples missing before sample 200",)
    assert motions.runs[0].pieces == (slice(0, 200), slice(200, 426))
    windows = windows_of(motions.runs, MOTION)
    assert windows.piece_of.tolist() == [0] * 3 + [1] * 4  # (200 - 128) // 32 + 1, (226 - 128) // 32 + 1


def test_a_stuck_sensor_is_not_learnt_from_and_reported(tmp_path: Path) -> None:
    folder = tmp_path / "normal"
    folder.mkdir()
    samples = Machine(MachineOptions()).read(600)
    samples[200:300, 1] = samples[200, 1]
    write_motion_csv(folder / "a.csv", [samples])
    motions = load_motion_folder(tmp_path)
    assert motions.notes == ("normal/a.csv: accY stuck for 100 samples from sample 200 on",)
    assert motions.runs[0].pieces == (slice(0, 200), slice(300, 600))


def test_a_number_that_is_none_is_refused_with_its_line(tmp_path: Path) -> None:
    path = _write(tmp_path / "normal" / "a.csv", 2)
    lines = path.read_text().splitlines(keepends=True)
    lines[7] = lines[7].rsplit(",", 1)[0] + ",nan\n"
    path.write_text("".join(lines))
    with pytest.raises(DatasetError, match=r"a.csv, line 8: accZ is 'nan'"):
        load_motion_folder(tmp_path)
    _write(tmp_path / "normal" / "b.csv", 2)
    motions = load_motion_folder(tmp_path)
    assert (len(motions), [item.what for item in motions.skipped]) == (1, ["normal/a.csv"])


def test_recordings_at_another_rate_are_left_out_and_reported(tmp_path: Path) -> None:
    for name in ("a", "b"):
        _write(tmp_path / "normal" / f"{name}.csv", 2)
    path = _write(tmp_path / "normal" / "c.csv", 2)
    rows = [line.split(",") for line in path.read_text().splitlines()]
    slow = [rows[0]] + [[f"{2 * float(row[0]):.3f}", *row[1:]] for row in rows[1:]]
    path.write_text("".join(",".join(row) + "\n" for row in slow))
    motions = load_motion_folder(tmp_path)
    assert [run.name for run in motions.runs] == ["normal/a.csv", "normal/b.csv"]
    assert [str(item) for item in motions.skipped] == ["normal/c.csv: 59.50 samples per second, most files have 119.00"]


def test_all_bad_files_are_reported_at_once_with_the_way_out(tmp_path: Path) -> None:
    _write(tmp_path / "normal" / "a.csv", 2)
    rows = "".join(f"{10 * i},0,0,1\n" for i in range(9))
    (tmp_path / "normal" / "g.csv").write_text("timestamp,accX,accY,accZ\n" + rows)
    (tmp_path / "loose").mkdir()
    (tmp_path / "loose" / "t.csv").write_text("a,b\n")
    left_out = load_motion_folder(tmp_path).skipped
    assert [item.what for item in left_out] == ["loose/t.csv", "normal/g.csv"]
    assert "--unit g" in left_out[1].reason
    with pytest.raises(DatasetError, match=r"none of 2 files can be used") as refused:
        (tmp_path / "normal" / "a.csv").unlink()
        load_motion_folder(tmp_path)
    assert "loose/t.csv, line 1: no column" in refused.value.message


def test_what_was_taken_for_granted_is_reported_once(tmp_path: Path) -> None:
    rows = "".join(f"{1000 * i},0,0.00{i % 7},9.8\n" for i in range(300))
    for name in ("a", "b"):
        (tmp_path / "normal").mkdir(exist_ok=True)
        (tmp_path / "normal" / f"{name}.csv").write_text("timestamp,accX,accY,accZ\n" + rows)
    assert load_motion_folder(tmp_path).notes[0] == (
        "2 of 2 files: times are assumed to be in us, 1,000 samples per second; otherwise give --time-unit"
    )
    assert load_motion_folder(tmp_path, MotionUnits.of("m/s2", "us")).notes[0].startswith("normal/a.csv: accX stuck")


def test_what_a_stuck_sensor_leaves_of_too_little_is_reported(tmp_path: Path) -> None:
    samples = Machine(MachineOptions()).read(20 * RATE)
    samples[: 12 * RATE, 1] = samples[0, 1]
    (tmp_path / "normal").mkdir()
    write_motion_csv(tmp_path / "normal" / "a.csv", [samples])
    motions = load_motion_folder(tmp_path)
    assert motions.left_out_s() == {"stuck": pytest.approx(12.0)}
    with pytest.raises(DatasetError, match=r"expected 60 or more; left out: 12 s stuck"):
        prepare(AnomalyTrainConfig(), motions)


def test_recordings_without_a_whole_window_are_reported_with_the_cause(tmp_path: Path) -> None:
    samples = Machine(MachineOptions()).read(200)
    samples[100:150, 1] = samples[100, 1]
    (tmp_path / "normal").mkdir()
    write_motion_csv(tmp_path / "normal" / "a.csv", [samples])
    write_motion_csv(tmp_path / "normal" / "b.csv", [samples[:90]])
    left = long_enough(load_motion_folder(tmp_path), MOTION.n_fft)
    assert len(left) == 0
    assert [item.reason for item in left.skipped] == [
        "normal/a.csv: 100 samples in a row, a window has 128 (of 200, 50 are stuck)",
        "normal/b.csv: 90 samples in a row, a window has 128 (of 90)",
    ]


def test_lists_say_what_is_learnt_and_what_is_measured(tmp_path: Path) -> None:
    names = [f"normal/{number:02d}.csv" for number in range(12)]
    for name in names:
        _write(tmp_path / name, 2)
    write_lists(tmp_path, {**dict.fromkeys(names[:2], "testing"), **dict.fromkeys(names[2:5], "validation")})
    parts = split_normal(load_motion_folder(tmp_path).runs, MOTION.n_fft, seed=1)
    assert [[run.name for run in parts[part]] for part in ("test", "threshold", "train")] == [
        names[:2], names[2:5], names[5:],
    ]  # fmt: skip
    write_lists(tmp_path, dict.fromkeys(names[:2], "testing"))
    motions = load_motion_folder(tmp_path)
    parts = split_normal(motions.runs, MOTION.n_fft, seed=1)
    assert [run.name for run in parts["test"]] == names[:2]
    assert sorted(run.name for part in ("train", "threshold") for run in parts[part]) == names[2:]
    assert len(part_of_motion(motions, "testing", tmp_path)) == 2
    with pytest.raises(DatasetError, match="no recording for validation; it has 10 for training, 0 for validation"):
        part_of_motion(motions, "validation", tmp_path)


def test_a_set_without_lists_has_no_parts(tmp_path: Path) -> None:
    _write(tmp_path / "normal" / "a.csv", 2)
    with pytest.raises(DatasetError, match="no recording for testing; it has no parts") as refused:
        part_of_motion(load_motion_folder(tmp_path), "testing", tmp_path)
    assert "tinyhost data split" in refused.value.hint


def test_a_folder_without_normal_recordings_is_refused(tmp_path: Path) -> None:
    _write(tmp_path / "loose" / "a.csv", 2)
    with pytest.raises(DatasetError, match="no recording in normal"):
        load_motion_folder(tmp_path)


def test_one_window_of_training_data_is_refused(tmp_path: Path) -> None:
    _write(tmp_path / "normal" / "a.csv", 2)
    with pytest.raises(DatasetError, match=r"normal: \d windows? .* for train, expected 60 or more"):
        prepare(AnomalyTrainConfig(), load_motion_folder(tmp_path))


def test_a_threshold_below_zero_is_refused() -> None:
    with pytest.raises(UsageError, match=r"--threshold -0.5: expected 0 or more"):
        AnomalyTrainConfig(threshold=-0.5)


def test_a_short_recording_is_cut_in_time_into_parts_that_share_no_sample() -> None:
    run = _run(np.zeros((10_000, 3), np.int16), slice(0, 5000), slice(5100, 10_000))
    parts = split_normal([run], MOTION.n_fft, seed=1)
    assert [part[0].pieces for part in parts.values()] == [
        (slice(0, 5000), slice(5100, 6000)),
        (slice(6128, 8000),),
        (slice(8128, 10_000),),
    ]


def test_many_recordings_are_split_as_wholes() -> None:
    runs = [_run(np.full((200, 3), index, np.int16)) for index in range(20)]
    parts = split_normal(runs, MOTION.n_fft, seed=1)
    assert [len(part) for part in parts.values()] == [12, 4, 4]
    assert sorted(int(run.samples[0, 0]) for part in parts.values() for run in part) == list(range(20))


@pytest.mark.parametrize("fault", ["imbalance", "misalignment", "looseness", "bearing", "stuck"])
def test_a_few_per_cent_of_faulty_windows_are_found_and_no_others(fault: str) -> None:
    healthy = Machine(MachineOptions(rpm=610.0, seed=3)).read(300 * RATE)
    faulty = Machine(MachineOptions(rpm=610.0, seed=4, fault=fault)).read(9 * RATE)  # type: ignore[arg-type]
    at = 20_000
    windows = windows_of([_run(np.concatenate([healthy[:at], faulty, healthy[at:]]))], MOTION)
    start = np.arange(len(windows)) * MOTION.hop
    inside = (start >= at) & (start + MOTION.n_fft <= at + len(faulty))
    outside = (start + MOTION.n_fft + 9 * MOTION.hop <= at) | (start - 9 * MOTION.hop >= at + len(faulty))
    found = outlying(windows.features, windows.piece_of)
    assert found[inside].mean() > 0.95
    assert found[outside].sum() == 0


def test_what_is_left_out_is_said_and_the_rest_is_kept() -> None:
    motions = machine_set(MachineSetConfig(minutes=15.0, fault_minutes=0.3, contamination=0.04, seed=1))
    data = prepare(AnomalyTrainConfig(), motions)
    assert data.trimmed
    assert all("(" in item.name for item in data.trimmed)  # recordings that the simulation had spoilt
    left_out = sum(item.n_left_out for item in data.trimmed)
    whole = prepare(AnomalyTrainConfig(trim=False), motions)
    assert len(data.train) + len(data.threshold) + left_out == len(whole.train) + len(whole.threshold)
    assert whole.trimmed == ()


def test_the_scaling_standardizes_what_is_learnt() -> None:
    data = prepare(AnomalyTrainConfig(), machine_set(MachineSetConfig(minutes=10.0, fault_minutes=0.3)))
    real = data.inputs(data.train) / 12.0
    np.testing.assert_allclose(real.mean(axis=0), 0.0, atol=0.05)
    np.testing.assert_allclose(real.std(axis=0), 1.0, atol=0.05)


def test_conditions_of_measuring_are_none_of_training() -> None:
    trained = trained_conditions()
    for rpm, load in unseen_conditions(50, seed=1):
        assert rpm not in {other for other, _ in trained}
        assert load not in {other for _, other in trained}
    assert LSM9DS1.rate_hz == RATE


def test_the_advice_is_enough(tmp_path: Path) -> None:
    path = _write(tmp_path / "normal" / "a.csv", 2)
    with pytest.raises(DatasetError) as refused:
        prepare(AnomalyTrainConfig(), load_motion_folder(tmp_path))
    seconds = int(re.search(r"--seconds (\d+)", refused.value.hint or "")[1])  # type: ignore[index]
    _write(path, seconds + 1)
    assert len(prepare(AnomalyTrainConfig(), load_motion_folder(tmp_path)).test) >= 60
