"""`tinyhost synth hands`: movements of made-up hands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from tinyhost.cli.declare import argument, option
from tinyhost.cli.output import note, progress_count
from tinyhost.system.wording import counted

__all__ = ["hands"]


def hands(
    folder: Annotated[Path, argument(help="A new or empty folder; recordings go to FOLDER/GESTURE/*.csv.")],
    *,
    names: Annotated[
        str, option("--gestures", help="The gestures, separated by commas: still, other, wave, circle, updown, twist.")
    ] = "still,other,wave,circle,updown,twist",
    people: Annotated[
        int, option(min=1, max=100_000, help="How many people; each makes one recording of each gesture.")
    ] = 20,
    seconds: Annotated[float, option(min=1.0, max=3600.0, help="Length of each recording.")] = 8.0,
    sensor: Annotated[
        str, option(help="The sensor: lsm9ds1 (board revision 1, 119 Hz) or bmi270 (revision 2, 100 Hz).")
    ] = "lsm9ds1",
    seed: Annotated[int, option(min=0, help="The same seed generates the same data.")] = 0,
) -> None:
    """Simulate people who make gestures with a board: accelerometer and gyroscope.

    The columns are timestamp,accX,accY,accZ,gyrX,gyrY,gyrZ in ms, m/s^2 and degrees per second.
    """
    from tinyhost.motion.sensor import sensor_named
    from tinyhost.synth.gestures.dataset import gestures_named, write_gestures

    wanted, made_for = gestures_named(names), sensor_named(sensor)
    with progress_count("recording") as advance:
        n_files = write_gestures(
            folder, wanted, n_people=people, seconds=seconds, seed=seed, sensor=made_for, on_file=advance
        )
    note(f"wrote {folder}: {counted(n_files, 'recording')} of {seconds:g} s: {', '.join(wanted)}")
