"""Recordings of motion to and from Edge Impulse's data acquisition format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from tinyhost.datasets.capture import Recording
from tinyhost.datasets.edge_impulse import Acquisition, Channel, bad_format, write_acquisition
from tinyhost.datasets.edge_impulse_project import LabelledFile, write_info
from tinyhost.datasets.folder import label_of
from tinyhost.datasets.skipped import Skipped
from tinyhost.errors import DatasetError
from tinyhost.motion.columns import COLUMNS
from tinyhost.motion.csv import read_motion_csv
from tinyhost.motion.sensor import LSM9DS1, STANDARD_GRAVITY

__all__ = ["export_motion", "is_motion_folder", "motion_of"]

_AXES = COLUMNS[1:]
_UNITS = {"m/s2": 1.0, "g": STANDARD_GRAVITY}


def is_motion_folder(root: Path) -> bool:
    """Return whether a data set holds recordings of motion, and no clips."""
    return any(root.glob("*/*.csv")) and not any(root.glob("*/*.wav"))


def motion_of(acquisition: Acquisition, where: str) -> Recording:
    """Return an acquisition's accelerations as counts, (n, 3). Raises DatasetError if it is no motion."""
    by_name = {channel.name: number for number, channel in enumerate(acquisition.channels)}
    missing = [axis for axis in _AXES if axis not in by_name]
    if missing:
        names = ", ".join(by_name)
        raise bad_format(where, f"expected one channel of sound, or {', '.join(_AXES)}; got {names}")
    units = {acquisition.channels[by_name[axis]].units for axis in _AXES}
    if len(units) != 1 or not units <= set(_UNITS):
        raise bad_format(where, f"expected all axes in {' or '.join(_UNITS)}, got {', '.join(sorted(units))}")
    acceleration = acquisition.values[:, [by_name[axis] for axis in _AXES]] * _UNITS[units.pop()]
    return Recording(
        samples=LSM9DS1.counts(acceleration),
        rate_hz=acquisition.rate_hz,
        scale=1.0 / LSM9DS1.counts_per_g,
        timestamp_us=-1,
        n_missing=0,
    )


def export_motion(
    root: Path, target: Path, on_file: Callable[[int, int], None] = lambda done, total: None
) -> tuple[int, list[Skipped]]:
    """Write each label/*.csv as files of Edge Impulse, one a stretch without gaps; return how many, and what not.

    Raises DatasetError if the target holds anything, OSError if it cannot be written.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise DatasetError(f"{target}: there is something in it already", hint="name a new folder")
    paths = sorted(root.glob("*/*.csv"))
    files: list[LabelledFile] = []
    skipped: list[Skipped] = []
    for done, path in enumerate(paths, 1):
        label = label_of(path)
        try:
            recording = read_motion_csv(path)
        except DatasetError as error:
            skipped.append(Skipped(what=path.relative_to(root).as_posix(), reason=error.message))
            continue
        whole = Acquisition(
            values=np.round(recording.acceleration, 4),
            interval_ms=1000.0 / recording.rate_hz,
            channels=tuple(Channel(name=axis, units="m/s2") for axis in _AXES),
        )
        for number, part in enumerate(recording.segments()):
            file = target / "training" / f"{label.replace('.', '_')}.{path.stem}.{number}.json"
            write_acquisition(file, replace(whole, values=whole.values[part]))
            files.append(LabelledFile(path=file, label=label, category="training"))
        on_file(done, len(paths))
    write_info(target, files)
    return len(files), skipped
