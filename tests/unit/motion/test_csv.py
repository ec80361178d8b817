"""CSV of accelerations: what is written is read back, and what others wrote is not trusted."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tinyhost.errors import DatasetError, UsageError
from tinyhost.motion.csv import parse_motion_csv, read_motion_csv, write_motion_csv
from tinyhost.motion.sensor import BMI270, LSM9DS1, Accelerometer
from tinyhost.synth.machine.machine import Machine, MachineOptions

HEADER = "timestamp,accX,accY,accZ"


def _lines(n_samples: int = 50, *, scale: float = 1.0, period: float = 10.0, first: int = 0) -> list[str]:
    """Return data lines of a machine at rest that has a little noise."""
    noise = np.random.default_rng(0).normal((0.1, 9.8, -0.1), 0.05, (n_samples, 3))
    return [f"{(first + i) * period:g},{x:.4f},{y:.4f},{z:.4f}" for i, (x, y, z) in enumerate(noise * scale)]


def _parse(lines: list[str], **options: object) -> list[str]:
    """Return the issues of a recording, in words."""
    return [str(issue) for issue in parse_motion_csv([HEADER, *lines], where="a.csv", **options).issues]  # type: ignore[arg-type]


@pytest.mark.parametrize("sensor", [LSM9DS1, BMI270])
def test_what_is_written_is_read_back_to_the_count(tmp_path: Path, sensor: Accelerometer) -> None:
    machine = MachineOptions(fault="looseness", sensor=sensor)
    assert write_motion_csv(tmp_path / "a.csv", Machine(machine).blocks(3000), sensor) == 3000
    recording = read_motion_csv(tmp_path / "a.csv")
    np.testing.assert_array_equal(recording.counts(sensor), Machine(machine).read(3000))
    assert recording.rate_hz == pytest.approx(sensor.rate_hz, rel=1e-5)
    assert recording.issues == ()
    assert recording.name == "a"


def test_every_count_there_is_survives_the_file(tmp_path: Path) -> None:
    block = np.stack([np.arange(-32767, 32768).astype(np.int16)] * 3, axis=1)
    write_motion_csv(tmp_path / "a.csv", [block])
    np.testing.assert_array_equal(read_motion_csv(tmp_path / "a.csv", unit="m/s2").counts(), block)


def test_columns_may_come_in_any_order_with_others_between() -> None:
    text = ["label,accZ,accY,timestamp,accX", "a,-1,9.8,0,0.5", "b,-2,9.7,10,0.25", "", "c,-3,9.6,20,0.125"]
    recording = parse_motion_csv(text, where="a.csv")
    np.testing.assert_array_equal(recording.acceleration[:, 0], [0.5, 0.25, 0.125])
    np.testing.assert_array_equal(recording.acceleration[:, 2], [-1, -2, -3])
    assert recording.rate_hz == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column timestamp, accX, accY, accZ; found an empty file"),
        ("timestamp,accX,accY\n0,0,9.8\n10,0,9.8", "line 1: no column accZ; found timestamp,accX,accY"),
        ("timestamp;accX;accY;accZ\n0;0;9.8;0", "line 1: no column"),
        (HEADER, "0 samples, expected two or more"),
        (HEADER + "\n0,0,9.8,0", "1 samples, expected two or more"),
        (HEADER + "\n0,0,9.8,0\n10,0,nan,0", "line 3: accY is 'nan', expected a number"),
        (HEADER + "\n0,0,9.8,0\n10,0,9.8,inf", "line 3: accZ is 'inf', expected a number"),
        (HEADER + "\n0,0,9.8,0\n10,0,,0", "line 3: accY is '', expected a number"),
        (HEADER + "\n0,0,9.8,0\n10,0,9.8", "line 3: 3 values, expected 4"),
        (HEADER + "\n0,0,9.8,0\n\n10,0,9.8,0\n5,0,9.8,0", "line 5: time 5 after 10 does not rise"),
        (HEADER + "\n0,0,9.8,0\n0,0,9.8,0", "line 3: time 0 after 0 does not rise"),
        (HEADER + "\n0,0,9.8,0\n0.0084,0,9.8,0", "1.19e+05 samples per second"),
        (HEADER + "\n0,0,9.8,0\n8403,0,9.8,0", "0.119 samples per second"),
        (HEADER + "\n0,0,9.8,0\n10,0,1e30,0", "1e+30 is no acceleration"),
        (HEADER + '\n0,0,"9.8,0\n10,0,9.8,0', "not CSV"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(DatasetError, match=re.escape(message)):
        parse_motion_csv(text.splitlines(keepends=True), where="a.csv")


@pytest.mark.parametrize(("scale", "unit"), [(1 / 9.80665, "g"), (1000 / 9.80665, "mg")])
def test_another_unit_is_noticed_and_can_be_said(scale: float, unit: str) -> None:
    lines = [HEADER, *_lines(scale=scale)]
    with pytest.raises(DatasetError, match="median acceleration") as caught:
        parse_motion_csv(lines, where="a.csv")
    assert caught.value.hint == f"say the unit: {unit}?"
    said = parse_motion_csv(lines, where="a.csv", unit="g" if unit == "g" else "mg")
    expected = parse_motion_csv([HEADER, *_lines()], where="a.csv")
    np.testing.assert_allclose(said.acceleration, expected.acceleration, atol=0.002)


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(UsageError, match="no unit 'ft'"):
        _parse(_lines(), unit="ft")


def test_gaps_are_flagged_and_split_the_recording() -> None:
    lines = _lines(20) + _lines(10, first=25) + _lines(30, first=36)
    recording = parse_motion_csv([HEADER, *lines], where="a.csv")
    assert [str(issue) for issue in recording.issues] == [
        "5 samples missing before sample 20",
        "1 samples missing before sample 30",
    ]
    assert [(part.start, part.stop) for part in recording.segments()] == [(0, 20), (20, 30), (30, 60)]
    assert recording.rate_hz == pytest.approx(100.0)


def test_times_in_whole_milliseconds_are_no_gaps() -> None:
    times = np.rint(np.arange(500) * 1000 / 119)
    lines = [f"{time:g},{line.split(',', 1)[1]}" for time, line in zip(times, _lines(500), strict=True)]
    recording = parse_motion_csv([HEADER, *lines], where="a.csv")
    assert recording.issues == ()
    assert recording.rate_hz == pytest.approx(119.0, rel=0.001)


def test_an_axis_that_is_stuck_is_flagged() -> None:
    lines = _lines(100)
    for i in range(40, 70):
        fields = lines[i].split(",")
        lines[i] = ",".join([*fields[:3], "0.5"])
    assert _parse(lines) == ["accZ stuck for 30 samples from sample 40 on"]
    short = _lines(100)
    for i in range(40, 60):
        short[i] = ",".join([*short[i].split(",")[:3], "0.5"])
    assert _parse(short) == []


def test_saturation_is_flagged_at_the_sensors_range() -> None:
    lines = _lines(100)
    for i, value in ((10, "39.2266"), (11, "39.3"), (50, "-39.2266")):
        lines[i] = ",".join([*lines[i].split(",")[:3], value])
    assert _parse(lines) == [
        "accZ saturated for 2 samples from sample 10 on",
        "accZ saturated for 1 samples from sample 50 on",
    ]
    assert _parse(lines, range_g=8.0) == []


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"nothing\.csv: No such file"):
        read_motion_csv(tmp_path / "nothing.csv")
    (tmp_path / "binary.csv").write_bytes(b"timestamp,accX,accY,accZ\n\xff\xfe\x00")
    with pytest.raises(DatasetError, match="not a text file"):
        read_motion_csv(tmp_path / "binary.csv")
    with (tmp_path / "huge.csv").open("wb") as file:
        file.truncate(200 << 20)
    with pytest.raises(DatasetError, match="larger than 128 MiB"):
        read_motion_csv(tmp_path / "huge.csv")


_FIELD = st.one_of(
    st.floats().map(str),
    st.integers(-(10**6), 10**6).map(str),
    st.text(st.sampled_from('0123456789.-+eE,;"\n\r\t naif_\0\ud7ff'), max_size=6),
)


@settings(max_examples=300)
@given(rows=st.lists(st.lists(_FIELD, min_size=3, max_size=5).map(",".join), max_size=8), head=st.booleans())
def test_no_text_does_worse_than_an_error(rows: list[str], head: bool) -> None:
    try:
        recording = parse_motion_csv([HEADER, *rows] if head else rows, where="a.csv")
    except DatasetError as exc:
        assert exc.message.startswith("a.csv")
        return
    _check_sound(recording.acceleration, recording.rate_hz)


@settings(max_examples=100)
@given(
    steps=st.lists(st.floats(1e-6, 1e9), min_size=1, max_size=20),
    values=st.lists(st.floats(-1e6, 1e6), min_size=63, max_size=63),
)
def test_any_times_that_rise_give_a_sound_recording(steps: list[float], values: list[float]) -> None:
    times = np.cumsum([0.0, *steps])
    lines = [
        f"{time!r},{values[3 * i]!r},{values[3 * i + 1]!r},{values[3 * i + 2]!r}"
        for i, time in enumerate(times.tolist())
    ]
    try:
        recording = parse_motion_csv([HEADER, *lines], where="a.csv", unit="m/s2")
    except DatasetError:
        return
    _check_sound(recording.acceleration, recording.rate_hz)
    parts = list(recording.segments())
    assert parts[0].start == 0
    assert parts[-1].stop == len(lines)
    assert all(before.stop == after.start for before, after in pairwise(parts))


def _check_sound(acceleration: NDArray[np.float64], rate_hz: float) -> None:
    assert np.isfinite(acceleration).all()
    assert acceleration.shape[1] == 3
    assert 1.0 <= rate_hz <= 10_000.0
