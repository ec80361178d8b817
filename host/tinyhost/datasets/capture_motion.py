"""Recordings of an accelerometer as files of a data set."""

from __future__ import annotations

from dataclasses import replace

from tinyhost.datasets.manifest import Sample
from tinyhost.datasets.recording import Recording
from tinyhost.datasets.store import DatasetStore, Origin, sample_of_run
from tinyhost.motion.csv import motion_csv
from tinyhost.motion.recording import find_issues
from tinyhost.motion.sensor import LSM9DS1

__all__ = ["store_motion"]


def store_motion(
    store: DatasetStore, recording: Recording, label: str, origin: Origin, *, scene_item: str = ""
) -> Sample:
    """Store a recording of (n, 3) samples as CSV, with what its sensor did wrong; return its line.

    Raises DatasetError if it cannot be written; the set is valid all the same.
    """
    sensor = replace(LSM9DS1, rate_hz=recording.rate_hz, counts_per_g=1.0 / recording.scale)
    issues = find_issues(sensor.acceleration(recording.samples), recording.rate_hz, gaps=[], range_g=sensor.range_g)
    sample = replace(
        sample_of_run(label, origin),
        scene_item=scene_item,
        timestamp_us=recording.timestamp_us,
        sample_rate_hz=recording.rate_hz,
        n_samples=recording.samples.shape[0],
        n_channels=recording.samples.shape[1],
        issues=tuple(map(str, issues)),
    )
    return store.add_file(motion_csv(recording.samples, sensor), sample, suffix=".csv")
