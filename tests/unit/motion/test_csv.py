"""CSV of accelerations: our files can be read back, and other files are checked."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tinyhost.errors import DatasetError, UsageError
from tinyhost.motion.csv import parse_motion_csv, read_motion_csv, write_motion_csv
from tinyhost.motion.sensor import BMI270, LSM9DS1, STANDARD_GRAVITY, Accelerometer
from tinyhost.motion.units import MotionUnits
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
    np.testing.assert_array_equal(read_motion_csv(tmp_path / "a.csv", MotionUnits(acceleration="m/s2")).counts(), block)


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
        ("timestamp accX [/m],accY,accZ\n0,0,9.8,0", "found timestamp accX [/m],accY,accZ"),
        ("timestamp,accX [/m],accY,accZ\n0,1,2,3", "accX [/m], accY, accZ: expected a unit of acceleration"),
        ("timestamp,accX [g],accY [mg],accZ\n0,1,2,3", "axes in different units: accX [g], accY [mg], accZ"),
        ("time,x,y,z,x\n0,1,2,3,4", "line 1: 2 columns for accX: x, x"),
        ("timestamp,accX,accY," + '{"a":' * 20_000, "line 1: no column accZ"),
        (",".join(["x"] * 5000), "line 1: 5,000 columns, expected at most 1,000"),
        ("timestamp,gyrX,gyrY,gyrZ\n0,1,2,3", "no column accX, accY, accZ; found timestamp,gyrX"),
        (HEADER + "\n0,0,0,9,8,0", "line 2: 6 values, expected 4"),
        ("timestamp;accX;accY;accZ\n0;0,5;9,8;0\n10;0.5;9.8;0", "line 3: accX is '0.5', numbers before have ','"),
        ("timestamp;accX;accY;accZ\n0;0,5;1.009,8;0", "line 2: accY is '1.009,8', expected a number"),
        (HEADER + "\n0,0,9.8,0\n1_0,0,9.8,0", "line 3: timestamp is '1_0', expected a number"),
        (HEADER, "0 samples, expected two or more"),
        (HEADER + "\n0,0,9.8,0", "1 sample, expected two or more"),
        (HEADER + "\n0,0,9.8,0\n10,0,nan,0", "line 3: accY is 'nan', expected a number"),
        (HEADER + "\n0,0,9.8,0\n10,0,9.8,inf", "line 3: accZ is 'inf', expected a number"),
        (HEADER + "\n0,0,9.8,0\n10,0,,0", "line 3: accY is '', expected a number"),
        (HEADER + "\n0,0,9.8,0\n10,0,9.8", "line 3: 3 values, expected 4"),
        (HEADER + "\n0,0,9.8,0\n\n10,0,9.8,0\n5,0,9.8,0", "line 5: time 5 after 10 does not rise"),
        (HEADER + "\n0,0,9.8,0\n0,0,9.8,0", "line 3: time 0 after 0 does not rise"),
        (HEADER + "\n0,0,9.8,0\n1e10,0,9.8,0", "times rise by 1e+10, in no unit a usual rate"),
        ("timestamp_ms,accX,accY,accZ\n0,0,9.8,0\n0.0084,0,9.8,0", "1.19e+05 samples per second"),
        ("timestamp [ms],accX,accY,accZ\n0,0,9.8,0\n8403,0,9.8,0", "0.119 samples per second"),
        (HEADER + "\n0,0,9.8,0\n10,0,1e30,0", "1e+30 is not an acceleration"),
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
    assert caught.value.hint == f"give --unit {unit}, or for a scene: --scene 'FILE?unit={unit}'"
    said = parse_motion_csv(lines, where="a.csv", units=MotionUnits.of(unit))
    expected = parse_motion_csv([HEADER, *_lines()], where="a.csv")
    np.testing.assert_allclose(said.acceleration, expected.acceleration, atol=0.002)


@pytest.mark.parametrize(("unit", "time", "words"), [("ft", "", "--unit ft"), ("", "min", "--time-unit min")])
def test_an_unknown_unit_is_refused(unit: str, time: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        MotionUnits.of(unit, time)


def _table(header: str, *, unit: float = 1.0, step: float = 10.0, separator: str = ",", n_samples: int = 60) -> str:
    """Return a machine at rest under a header that has time and axes in this order. step: of the file's time."""
    lines = _lines(n_samples, scale=1 / unit, period=step)
    return "\n".join([header, *(line.replace(",", separator) for line in lines)])


@pytest.mark.parametrize(
    "header",
    [
        "time (s),x,y,z",
        '"Time (s)","Acceleration x (m/s^2)","Acceleration y (m/s^2)","Acceleration z (m/s^2)"',
        "seconds_elapsed,acc_x,acc_y,acc_z",
        "t [s],AccelX [m/s²],AccelY [m/s²],AccelZ [m/s²]",
        "elapsed (s),x-axis,y-axis,z-axis",
        "time_s,ax_ms2,ay_ms2,az_ms2",
        "Time in s,accelerometer_x,accelerometer_y,accelerometer_z",
        "timestamp (seconds),imu_acc_x,imu_acc_y,imu_acc_z",
    ],
)
def test_columns_are_found_by_the_names_that_people_give_them(header: str) -> None:
    recording = parse_motion_csv(_table(header, step=0.01).splitlines(), where="a.csv")
    assert recording.rate_hz == pytest.approx(100.0)
    assert np.median(recording.acceleration[:, 1]) == pytest.approx(9.8, abs=0.1)
    assert recording.assumed == ""


@pytest.mark.parametrize("separator", [";", "\t", "|", " "])
@pytest.mark.parametrize("mark", [",", "."])
def test_other_marks_stand_between_and_in_numbers(separator: str, mark: str) -> None:
    text = _table(HEADER.replace(",", separator), separator=separator).replace(".", mark)
    recording = parse_motion_csv(text.splitlines(), where="a.csv")
    expected = parse_motion_csv([HEADER, *_lines(60)], where="a.csv")
    np.testing.assert_array_equal(recording.acceleration, expected.acceleration)


def test_quoted_decimal_commas_comments_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    rows = "".join(f'"{i * 10}","0,{i % 7}","9,8","0,1"\r\n' for i in range(5))
    (tmp_path / "a.csv").write_text(f"\ufeffsep=,\r\n# a logger\r\n\r\n{HEADER}\r\n{rows}", encoding="utf-8")
    recording = read_motion_csv(tmp_path / "a.csv")
    np.testing.assert_allclose(recording.acceleration[:, 0], [0.0, 0.1, 0.2, 0.3, 0.4])


def test_a_line_is_named_as_the_file_has_it_below_comments() -> None:
    with pytest.raises(DatasetError, match="line 5: accX is 'x'"):
        parse_motion_csv(["# a", "", HEADER, "0,0,9.8,0", "10,x,9.8,0"], where="a.csv")


@pytest.mark.parametrize(
    "names",
    ["accX [g],accY [g],accZ [g]", "ax_g,ay_g,az_g", "gFx,gFy,gFz", "x (g),y,z", "AccelX(G),AccelY(G),AccelZ(G)"],
)
def test_the_headers_unit_is_taken(names: str) -> None:
    recording = parse_motion_csv(_table(f"timestamp,{names}", unit=STANDARD_GRAVITY).splitlines(), where="a.csv")
    assert np.median(recording.acceleration[:, 1]) == pytest.approx(9.8, abs=0.1)


def test_a_header_and_an_option_that_contradict_are_an_error() -> None:
    text = _table("timestamp_us,ax_g,ay_g,az_g", unit=STANDARD_GRAVITY).splitlines()
    with pytest.raises(DatasetError, match=r"line 1: its header says g, --unit says mg"):
        parse_motion_csv(text, where="a.csv", units=MotionUnits.of("mg"))
    with pytest.raises(DatasetError, match=r"its header says us, --time-unit says ms"):
        parse_motion_csv(text, where="a.csv", units=MotionUnits.of("g", "ms"))


def test_a_header_that_gravity_contradicts_is_an_error_unless_one_insists() -> None:
    text = _table("timestamp,ax_g,ay_g,az_g").splitlines()
    with pytest.raises(DatasetError, match=r"its header says g, and gravity is 9.8, as it is in m/s2") as caught:
        parse_motion_csv(text, where="a.csv")
    assert caught.value.hint.endswith("--unit g")
    assert parse_motion_csv(text, where="a.csv", units=MotionUnits.of("g")).acceleration[0, 1] > 90


def test_a_unit_that_is_none_can_be_said() -> None:
    text = _table("timestamp,accX [raw],accY [raw],accZ [raw]").splitlines()
    with pytest.raises(DatasetError, match="expected a unit of acceleration"):
        parse_motion_csv(text, where="a.csv")
    assert parse_motion_csv(text, where="a.csv", units=MotionUnits.of("m/s^2")).rate_hz == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("step", "rate_hz", "unit"),
    [
        (10, 100, "ms"),
        (1000, 1000, "us"),
        (16_667, 60, "us"),
        (10_000_000, 100, "ns"),
        (0.02, 50, "s"),
        (0.5, 2000, "ms"),
    ],
)
def test_the_unit_of_time_is_the_one_in_which_the_rate_is_usual(step: float, rate_hz: float, unit: str) -> None:
    recording = parse_motion_csv(_table(HEADER, step=step, n_samples=9).splitlines(), where="a.csv")
    assert recording.rate_hz == pytest.approx(rate_hz, rel=1e-3)
    assert recording.assumed.startswith("" if unit == "ms" else f"times are assumed to be in {unit}, ")


@pytest.mark.parametrize("name", ["timestamp_us", "time [µs]", "t (microseconds)", "micros", "Time in us"])
def test_the_headers_unit_of_time_is_taken_also_for_an_unusual_rate(name: str) -> None:
    recording = parse_motion_csv(_table(f"{name},x,y,z", step=500_000).splitlines(), where="a.csv")
    assert recording.rate_hz == pytest.approx(2.0)
    assert recording.assumed == ""


@pytest.mark.parametrize("form", ["{}", "{}Z", "{}+02:00"])
def test_times_of_the_day_are_read(form: str) -> None:
    start = datetime(2026, 1, 31, 23, 59, 59, 900_000)
    times = [form.format((start + timedelta(milliseconds=20 * i)).isoformat(" ", "milliseconds")) for i in range(60)]
    rows = [f"{time},{line.split(',', 1)[1]}" for time, line in zip(times, _lines(60), strict=True)]
    recording = parse_motion_csv(["Time,X,Y,Z", *rows], where="a.csv")
    assert recording.rate_hz == pytest.approx(50.0, rel=1e-4)
    assert (recording.assumed, recording.issues) == ("", ())
    with pytest.raises(DatasetError, match=r"line 2: timestamp is '1:2', expected a number, or a time as 2026"):
        parse_motion_csv([HEADER, "1:2,0,0,9.8"], where="a.csv")


def test_a_person_says_what_a_slow_recording_means() -> None:
    text = _table(HEADER, step=1000).splitlines()
    assert parse_motion_csv(text, where="a.csv", units=MotionUnits.of(time="ms")).rate_hz == pytest.approx(1.0)


@pytest.mark.parametrize("rate_hz", [2.0, 5000.0])
def test_what_is_written_at_an_unusual_rate_is_read_back(tmp_path: Path, rate_hz: float) -> None:
    sensor = replace(LSM9DS1, rate_hz=rate_hz)
    write_motion_csv(tmp_path / "a.csv", [np.full((9, 3), 4000, np.int16)], sensor)
    assert read_motion_csv(tmp_path / "a.csv").rate_hz == pytest.approx(rate_hz, rel=1e-3)


def _phone(n_samples: int, shake: float = 0.0) -> NDArray[np.float64]:
    """Return (n, 3) of a phone whose values have steps of 0.1 m/s^2. shake: amplitude along x, m/s^2."""
    noise = np.random.default_rng(1).normal((0.13, 9.8, -0.27), 0.02, (n_samples, 3))
    noise[:, 0] += shake * np.sin(np.arange(n_samples))
    return np.rint(noise / 0.1) * 0.1


def _issues_of(values: NDArray[np.float64], rate_hz: float = 62.5) -> list[str]:
    lines = [f"{i * 1000 / rate_hz:.3f},{x:.4f},{y:.4f},{z:.4f}" for i, (x, y, z) in enumerate(values)]
    return _parse(lines)


def test_a_coarse_sensor_at_rest_is_not_stuck() -> None:
    assert np.mean(np.diff(_phone(600)[:, 1]) == 0.0) > 0.9
    assert _issues_of(_phone(600)) == []
    assert _issues_of(np.concatenate([_phone(300), _phone(300, shake=1.0)])) == []


def test_a_coarse_axis_that_stands_still_while_another_moves_is_stuck() -> None:
    values = _phone(200, shake=5.0)
    values[:, 1:] += np.random.default_rng(2).normal(0.0, 1.0, (200, 2)).round(1)
    assert _issues_of(values) == []
    values[60:160, 2] = values[60, 2]
    assert _issues_of(values) == ["accZ stuck for 100 samples from sample 60 on"]


def test_a_coarse_axis_without_the_noise_of_the_others_is_stuck_at_rest() -> None:
    values = np.random.default_rng(4).normal((0.1, 9.8, -0.2), 0.2, (200, 3)).round(1)
    assert _issues_of(values) == []
    values[60:100, 0] = values[60, 0]
    assert _issues_of(values) == ["accX stuck for 40 samples from sample 60 on"]


def test_a_coarse_sensor_that_hangs_while_it_moves_is_stuck_and_one_that_comes_to_rest_is_not() -> None:
    time = np.arange(300)[:, None]
    values = (3 * np.sin(time * (0.3, 0.4, 0.5)) + (0.0, 9.8, 0.0)).round(1)
    swing = values.copy()
    values[64:104] = values[64]
    assert [issue.split()[:4] for issue in _issues_of(values)] == [
        [axis, "stuck", "for", "40"] for axis in ("accX", "accY", "accZ")
    ]
    rest = np.clip((np.abs(time - 150) - 60) / 60, 0, 1) * (swing - (0.0, 9.8, 0.0)) + (0.0, 9.8, 0.0)
    assert _issues_of(rest.round(1)) == []


def test_gaps_are_flagged_and_split_the_recording() -> None:
    lines = _lines(20) + _lines(10, first=25) + _lines(30, first=36)
    recording = parse_motion_csv([HEADER, *lines], where="a.csv")
    assert [str(issue) for issue in recording.issues] == [
        "5 samples missing before sample 20",
        "1 sample missing before sample 30",
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
        "accZ saturated for 1 sample from sample 50 on",
    ]
    assert _parse(lines, range_g=8.0) == []


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"nothing\.csv: No such file"):
        read_motion_csv(tmp_path / "nothing.csv")
    (tmp_path / "binary.csv").write_bytes(b"timestamp,accX,accY,accZ\n\xff\xfe\x00")
    with pytest.raises(DatasetError, match="expected text in UTF-8, got 0xff"):
        read_motion_csv(tmp_path / "binary.csv")
    with (tmp_path / "huge.csv").open("wb") as file:
        file.truncate(200 << 20)
    with pytest.raises(DatasetError, match=r"209,715,200 bytes, expected at most 134,217,728"):
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
        recording = parse_motion_csv([HEADER, *lines], where="a.csv", units=MotionUnits.of("m/s2"))
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
