"""A data set of synthetic gestures: many people, several takes each, in the layout of tinyhost's captures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tinyhost.errors import DatasetError, UsageError
from tinyhost.motion.csv import write_motion_csv
from tinyhost.motion.sensor import LSM9DS1, Accelerometer
from tinyhost.synth.gestures.hand import GESTURES, Gesture
from tinyhost.synth.gestures.sensing import GestureOptions, GestureSource

__all__ = ["gestures_named", "write_gestures"]


def gestures_named(names: str) -> tuple[Gesture, ...]:
    """Return gestures by their names, separated by commas. Raises UsageError for an unknown one."""
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in GESTURES]
    if unknown or not wanted:
        raise UsageError(f"no gesture {', '.join(unknown) or names}", hint=f"there are: {', '.join(GESTURES)}")
    return tuple(gesture for name in wanted for gesture in GESTURES if gesture == name)


def write_gestures(
    folder: Path,
    gestures: tuple[Gesture, ...],
    *,
    n_people: int,
    seconds: float,
    seed: int,
    sensor: Accelerometer = LSM9DS1,
    on_file: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Write a recording of each gesture by each person as folder/gesture/person.csv; return how many.

    Raises DatasetError if the folder has something in it already.
    """
    if folder.exists() and any(folder.iterdir()):
        raise DatasetError(f"{folder}: not empty", hint="name a new folder")
    n_samples, done = max(2, round(seconds * sensor.rate_hz)), 0
    for gesture in gestures:
        (folder / gesture).mkdir(parents=True)
        for person in range(n_people):
            options = GestureOptions(gestures=(gesture,), person=seed * 1_000_003 + person, sensor=sensor)
            write_motion_csv(folder / gesture / f"{person:04d}.csv", GestureSource(options).blocks(n_samples), sensor)
            done += 1
            on_file(done, n_people * len(gestures))
    return done
