"""Recordings of gestures: which part each is in, windows of any rate, what is left out and told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tinyhost.compiler.app_defaults import AppDefaults
from tinyhost.compiler.image_format import GestureParams, Task
from tinyhost.compiler.settings_file import read_settings_file, settings_text
from tinyhost.datasets.movements import Movement, MovementSet, load_movements, windows_of_movements
from tinyhost.datasets.parts import write_lists
from tinyhost.errors import DatasetError
from tinyhost.motion.csv import write_motion_csv
from tinyhost.motion.sensor import BMI270, LSM9DS1, SENSORS, Accelerometer
from tinyhost.motion.steps import MAX_MOMENTS, step_window, steps_of, window_moments
from tinyhost.synth.gestures.sensing import GestureOptions, GestureSource


def write(file: Path, n: int = 300, sensor: Accelerometer = LSM9DS1, channels: int = 6) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    samples = GestureSource(GestureOptions(person=len(file.name), sensor=sensor)).read(n)
    write_motion_csv(file, [samples[:, :channels]], sensor)


def test_each_label_is_divided_by_itself_and_always_alike(tmp_path: Path) -> None:
    for label, n in (("wave", 10), ("circle", 3), ("still", 2)):
        for i in range(n):
            write(tmp_path / label / f"{i}.csv", 20)
    first, again = load_movements(tmp_path), load_movements(tmp_path)
    assert [run.part for run in first.runs] == [run.part for run in again.runs]
    parts = {label: sorted(run.part for run in first.runs if run.label == label) for label in first.labels}
    assert parts["circle"] == ["testing", "training", "validation"]
    assert parts["still"] == ["training", "training"]
    assert parts["wave"] == ["testing"] * 2 + ["training"] * 6 + ["validation"] * 2
    write_lists(tmp_path, {"wave/1.csv": "testing"})
    assert [run.name for run in load_movements(tmp_path).of("testing").runs] == ["wave/1.csv"]


def test_what_has_no_gyroscope_is_skipped_and_both_rates_are_kept(tmp_path: Path) -> None:
    write(tmp_path / "wave/a.csv")
    write(tmp_path / "wave/b.csv", sensor=BMI270)
    write(tmp_path / "wave/c.csv", channels=3)
    found = load_movements(tmp_path)
    assert [round(run.rate_hz) for run in found.runs] == [119, 100]
    assert [item.what for item in found.skipped] == ["wave/c.csv"]
    assert "no gyroscope in it" in found.skipped[0].reason
    windows, short = windows_of_movements(found, 50, 25.0)
    assert [len(window.samples) for window in windows] == [238, 200]
    assert windows[0].path == tmp_path / "wave/a.csv@0.0s"
    assert short == ()
    for name in ("a.csv", "b.csv"):
        (tmp_path / "wave" / name).unlink()
    with pytest.raises(DatasetError, match="no gyroscope"):
        load_movements(tmp_path)


def run_of(n: int, rate_hz: float) -> MovementSet:
    sensor = replace(LSM9DS1, rate_hz=rate_hz)
    samples = GestureSource(GestureOptions(sensor=sensor)).read(n)
    run = Movement(
        label="wave", name="wave/a.csv", samples=samples, rate_hz=rate_hz, pieces=(slice(0, n),), part="training"
    )
    return MovementSet(root=Path("d"), runs=(run,))


@pytest.mark.parametrize("rate_hz", [400.0, 1000.0])
def test_a_fast_recordings_windows_fit_the_board_and_have_the_same_steps(rate_hz: float) -> None:
    n = window_moments(50, rate_hz, 25.0)
    found = run_of(n, rate_hz)
    (window,), _ = windows_of_movements(found, 50, 25.0)
    assert len(window.samples) <= MAX_MOMENTS < n
    whole = step_window(found.runs[0].samples, 50).astype(int)
    assert np.abs(step_window(window.samples, 50) - whole).max() <= 1  # rounded once more


def test_too_slow_and_too_short_recordings_are_reported() -> None:
    assert "24 samples per second, expected 25" in windows_of_movements(run_of(500, 24.0), 50, 25.0)[1][0].reason
    assert "237 samples in a row, a window has 238" in windows_of_movements(run_of(237, 119.0), 50, 25.0)[1][0].reason
    with pytest.raises(DatasetError, match="cannot be cut into 25 steps"):
        steps_of(np.zeros((10, 6), np.int16), 24.0, 25.0)


def test_steps_of_both_boards_tell_the_same_movement() -> None:
    quick, slow = (
        steps_of(
            GestureSource(GestureOptions(gestures=("updown",), person=5, sensor=sensor)).read(
                round(4 * sensor.rate_hz)
            ),
            sensor.rate_hz,
            25.0,
        ).astype(int)
        for sensor in SENSORS.values()
    )
    assert len(quick) == len(slow) == 100
    moved = quick[:, 2] - quick[:, 2].mean()
    assert np.corrcoef(moved, slow[:, 2])[0, 1] > 0.99


def test_a_gesture_models_settings_are_text_and_back(tmp_path: Path) -> None:
    params = GestureParams(
        step_mhz=70_000, n_steps=60, average_ms=1, suppression_ms=2, n_silent_labels=3, min_results=4, period_ms=5
    )
    defaults = AppDefaults(threshold=0.625, task_data=params.pack())
    (tmp_path / "settings.json").write_text(settings_text(defaults, Task.GESTURES))
    assert read_settings_file(tmp_path / "settings.json") == (Task.GESTURES, defaults)
