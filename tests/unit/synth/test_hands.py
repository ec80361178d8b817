"""Simulated hands obey physics: the sensor measures gravity, and rotation turns the measured gravity."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tinyhost.motion.csv import read_motion_csv
from tinyhost.motion.sensor import BMI270, COUNTS_PER_DPS, LSM9DS1
from tinyhost.synth.gestures.hand import GESTURES, Hand
from tinyhost.synth.gestures.sensing import GestureOptions, GestureSource

from tests.commands import run_tinyhost

PEOPLE = range(6)


def test_a_still_hand_feels_gravity_and_turns_little() -> None:
    for person in PEOPLE:
        still = GestureSource(GestureOptions(gestures=("still",), person=person)).read(600)
        assert np.linalg.norm(still[:, :3].mean(axis=0)) / LSM9DS1.counts_per_g == pytest.approx(1.0, abs=0.1)
        assert np.abs(still[:, 3:]).std(axis=0).max() / COUNTS_PER_DPS < 12


def test_what_is_felt_is_what_moves_and_turns() -> None:
    """A slow movement is felt as gravity alone, and the rotation that is measured turns it: the sensors agree."""
    source = GestureSource(GestureOptions(gestures=("twist",), person=1))
    pose, time_s = Hand(1, 0).pose("twist"), np.arange(600) / LSM9DS1.rate_hz
    angle = np.unwrap(pose(time_s).angles[:, 1])
    turned = np.rad2deg(np.gradient(angle, time_s))
    measured = source.read(600)[:, 3:].astype(float) / COUNTS_PER_DPS
    measured -= measured.mean(axis=0)
    swing = np.sqrt((measured**2).sum(axis=1))
    assert np.corrcoef(np.abs(turned), swing)[0, 1] > 0.97
    assert np.abs(turned).max() == pytest.approx(swing.max(), rel=0.15)


def test_the_same_person_does_it_again_and_others_otherwise() -> None:
    first, again, other = (
        GestureSource(GestureOptions(gestures=("wave", "circle"), hold_s=1.0, person=person)) for person in (1, 1, 2)
    )
    whole = first.read(500)
    np.testing.assert_array_equal(np.vstack([again.read(123), again.read(377)]), whole)
    assert np.abs(whole.astype(int) - other.read(500)).mean() > 200
    assert [first.gesture_at(at) for at in (0.5, 1.5, 2.5)] == ["wave", "circle", "wave"]


def test_a_command_writes_a_recording_of_each_gesture_by_each_person(tmp_path: Path) -> None:
    done = run_tinyhost("synth", "hands", tmp_path / "set", "--people", "2", "--seconds", "2", "--sensor", "bmi270")
    assert done.code == 0, done.err
    files = sorted(path.relative_to(tmp_path / "set").as_posix() for path in (tmp_path / "set").glob("*/*.csv"))
    assert files == sorted(f"{gesture}/{person:04d}.csv" for gesture in GESTURES for person in range(2))
    recording = read_motion_csv(tmp_path / "set/circle/0001.csv")
    assert (recording.n_channels, len(recording.acceleration)) == (6, 200)
    assert recording.rate_hz == pytest.approx(BMI270.rate_hz, rel=1e-3)
    again = run_tinyhost("synth", "hands", tmp_path / "set")
    assert (again.code, "not empty" in again.err) == (1, True)
    wrong = run_tinyhost("synth", "hands", tmp_path / "new", "--gestures", "wave,dance")
    assert (wrong.code, "no gesture dance" in wrong.err) == (2, True)
