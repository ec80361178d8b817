"""Recordings of motion to and from Edge Impulse's data acquisition format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.speakers import Part
from tinyhost.datasets.edge_impulse import Acquisition, Channel, bad_format, write_acquisition
from tinyhost.datasets.edge_impulse_project import LabelledFile, file_name, write_info
from tinyhost.datasets.folder import MOTION, label_of, labelled_files
from tinyhost.datasets.parts import listed_name, read_lists
from tinyhost.datasets.skipped import Skipped
from tinyhost.errors import DatasetError
from tinyhost.motion.columns import COLUMNS, ROTATION_COLUMNS, find_axes, find_rotation
from tinyhost.motion.csv import read_motion_csv
from tinyhost.motion.recording import MAX_ACCELERATION, MAX_ROTATION, RATES_HZ, MotionRecording, find_issues
from tinyhost.motion.units import PER_UNIT, UNITS, UNSTATED_UNITS, MotionUnits, degrees_in, unit_in

__all__ = ["export_motion", "motion_of"]

_AXES = COLUMNS[1:]
_ROTATION_UNIT = "dps"


def motion_of(acquisition: Acquisition, where: str) -> MotionRecording:
    """Return an acquisition's accelerations, and rotations if it has them. Raises DatasetError if it is no motion."""
    names = [channel.name for channel in acquisition.channels]
    places = find_axes(names, where)
    if places is None:
        raise bad_format(where, f"expected one channel of sound, or {', '.join(_AXES)}; got {', '.join(names)}")
    texts = sorted({acquisition.channels[place].units for place in places})
    unit = unit_in(texts[0])
    if len({unit_in(text) for text in texts}) != 1 or unit is None:
        raise bad_format(where, f"expected all axes in one of {', '.join(UNITS)}, got {', '.join(texts)}")
    if not RATES_HZ[0] <= acquisition.rate_hz <= RATES_HZ[1]:
        raise bad_format(where, f"{acquisition.rate_hz:g} Hz, expected {RATES_HZ[0]:g} to {RATES_HZ[1]:g}")
    largest = float(np.abs(acquisition.values[:, places]).max())
    if largest > MAX_ACCELERATION:
        raise bad_format(where, f"a value of {largest:g} is not an acceleration")
    acceleration = acquisition.values[:, places] * PER_UNIT[unit]
    rotation, assumed = _rotation_of(acquisition, names)
    return MotionRecording(
        name=Path(where).stem,
        acceleration=acceleration,
        rate_hz=acquisition.rate_hz,
        rotation=rotation,
        issues=find_issues(acceleration, acquisition.rate_hz, rotation=rotation, gaps=[]),
        assumed=assumed,
    )


def _rotation_of(acquisition: Acquisition, names: list[str]) -> tuple[NDArray[np.float64] | None, str]:
    """Return the rotations of a gyroscope, (n, 3) in degrees per second; None and the reason if they cannot be used."""
    places = find_rotation(names)
    if places is None:
        return None, ""
    texts = {acquisition.channels[place].units for place in places}
    degrees = {degrees_in(text) for text in texts}
    per_unit = degrees.pop() if len(degrees) == 1 else None
    if per_unit is None:
        return None, f"the gyroscope is left out: it is in {', '.join(sorted(texts))}, expected dps, deg/s or rad/s"
    rotation = acquisition.values[:, places] * per_unit
    if np.abs(rotation).max() > MAX_ROTATION:
        return None, f"the gyroscope is left out: {np.abs(rotation).max():.3g} degrees per second is no rotation"
    return rotation, ""


def export_motion(
    root: Path,
    target: Path,
    units: MotionUnits = UNSTATED_UNITS,
    *,
    on_file: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[list[Part], list[Skipped]]:
    """Write each label/*.csv as files of Edge Impulse, one a stretch without gaps; return their parts, and what not.

    Parts are those of the set's lists; Edge Impulse has no validation, so that is noted beside a file for training.
    target: an empty folder. Raises OSError if it cannot be written.
    """
    listing, listed = labelled_files(root, MOTION), read_lists(root)
    files: list[LabelledFile] = []
    skipped = list(listing.skipped)
    for done, path in enumerate(listing.files, 1):
        label, name = label_of(path), listed_name(path)
        try:
            recording = read_motion_csv(path, units)
        except DatasetError as error:
            skipped.append(Skipped(what=name, reason=error.message))
            continue
        values, channels = recording.acceleration, [Channel(name=axis, units="m/s2") for axis in _AXES]
        if recording.rotation is not None:
            values = np.hstack([values, recording.rotation])
            channels += [Channel(name=axis, units=_ROTATION_UNIT) for axis in ROTATION_COLUMNS]
        whole = Acquisition(
            values=np.round(values, 4), interval_ms=1000.0 / recording.rate_hz, channels=tuple(channels)
        )
        part = listed.get(name, "training")
        for number, stretch in enumerate(recording.segments()):
            file = LabelledFile(path=target / file_name(label, f"{path.stem}.{number}", part), label=label, part=part)
            write_acquisition(file.path, replace(whole, values=whole.values[stretch]))
            files.append(file)
        on_file(done, len(listing.files))
    write_info(target, files)
    return [file.part or "training" for file in files], skipped
