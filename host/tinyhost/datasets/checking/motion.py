"""Faults of single recordings of motion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tinyhost.audio.speakers import Part
from tinyhost.datasets.checking.drift import figures_of_motion
from tinyhost.datasets.checking.findings import DataIssue
from tinyhost.datasets.checking.sample import CheckedSample, Fault, content_digest
from tinyhost.datasets.folder import MOTION, labelled_files
from tinyhost.datasets.motion import NORMAL
from tinyhost.datasets.parts import has_lists, listed_name, read_lists
from tinyhost.datasets.skipped import Skipped, none_usable
from tinyhost.errors import DatasetError
from tinyhost.motion.csv import read_motion_csv
from tinyhost.motion.recording import MotionRecording
from tinyhost.motion.units import MotionUnits

__all__ = ["CheckedMotion", "check_motion", "motion_faults"]


@dataclass(frozen=True, kw_only=True)
class CheckedMotion:
    """The recordings that could be read, and the files that could not."""

    samples: list[CheckedSample]
    skipped: tuple[Skipped, ...]
    has_parts: bool


def check_motion(
    folder: Path, units: MotionUnits, on_file: Callable[[int, int], None], *, compares: bool
) -> CheckedMotion:
    """Return a folder's checked recordings. Raises DatasetError if none is usable."""
    listing = labelled_files(folder, MOTION)
    listed = read_lists(folder) if has_lists(folder) else None
    samples, skipped = [], list(listing.skipped)
    for done, path in enumerate(listing.files, 1):
        file = path.relative_to(folder).as_posix()
        try:
            recording = read_motion_csv(path, units)
        except DatasetError as error:
            skipped.append(Skipped(what=file, reason=error.message))
        else:
            part: Part | None = None if listed is None else listed.get(listed_name(path), "training")
            label = listed_name(path).split("/", maxsplit=1)[0]
            samples.append(
                CheckedSample(
                    file=file,
                    label=label,
                    digest=content_digest(recording.channels()),
                    faults=motion_faults(recording, label),
                    part=part,
                    figures=figures_of_motion(recording.channels()) if compares else {},
                )
            )
        on_file(done, len(listing.files))
    if not samples:
        raise none_usable(folder, skipped, hint="fix the files, or record new ones: tinyhost capture --sensor imu")
    return CheckedMotion(samples=samples, skipped=tuple(skipped), has_parts=listed is not None)


def motion_faults(recording: MotionRecording, label: str) -> tuple[Fault, ...]:
    """Return the sensor's faults, one of each kind; in recordings of machine faults they may be the machine's."""
    counts: Counter[DataIssue] = Counter()
    for issue in recording.issues:
        counts[issue.kind] += issue.n_samples
    n_samples = len(recording.acceleration)
    return tuple(
        Fault(
            issue=kind,
            level="bad" if label == NORMAL and kind != "gap" else "look",
            text=f"{kind}: {n:,} of {n_samples:,} samples; the first: {_first(recording, kind)}",
        )
        for kind, n in counts.items()
    )


def _first(recording: MotionRecording, kind: DataIssue) -> str:
    return next(str(issue) for issue in recording.issues if issue.kind == kind)
