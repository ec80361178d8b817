"""The check of a data set of pictures, clips or motion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from tinyhost.audio.speakers import Part
from tinyhost.datasets.checking.clips import check_clips, likeness
from tinyhost.datasets.checking.copies import copies
from tinyhost.datasets.checking.cuts import odd_ends
from tinyhost.datasets.checking.division import across_parts, labels_in_order, with_origin
from tinyhost.datasets.checking.drift import LEAST_SAMPLES, drifted
from tinyhost.datasets.checking.findings import (
    DataCheck,
    DataFinding,
    DataIssue,
    FindingLevel,
    NotChecked,
    counted_issues,
)
from tinyhost.datasets.checking.motion import check_motion
from tinyhost.datasets.checking.offsets import odd_offsets
from tinyhost.datasets.checking.pictures import LIKENESS, check_pictures, joined_pictures, odd_pictures, stuck_pictures
from tinyhost.datasets.checking.sample import CheckedSample
from tinyhost.datasets.checking.usual import loud_clips, notes, usual_looks
from tinyhost.datasets.folder import MOTION, PICTURES, SOUNDS, kind_of
from tinyhost.datasets.parts import counts_of
from tinyhost.datasets.people.provenance import read_run_data
from tinyhost.datasets.skipped import Skipped
from tinyhost.errors import DatasetError
from tinyhost.motion.units import UNSTATED_UNITS, MotionUnits

__all__ = ["check_dataset", "check_samples"]

Kind = Literal["clips", "pictures", "motion"]
_OF_KIND: dict[Kind, tuple[DataIssue, ...]] = {
    "pictures": (
        "dark", "light", "blurry", "low_information", "torn", "stuck", "odd_size", "odd_aspect_ratio",
    ),
    "clips": ("quiet", "clipped", "cut", "shifted", "constant"),
    "motion": ("stuck", "saturated", "gap"),
}  # fmt: skip
_COPIES: tuple[DataIssue, ...] = ("exact_duplicates", "conflicting_labels")
_NEAR: tuple[DataIssue, ...] = ("near_duplicates",)
_PARTS: tuple[DataIssue, ...] = ("duplicates_across_parts", "no_training_samples")
_SPEAKERS: tuple[DataIssue, ...] = ("speakers_across_parts",)
_SESSIONS: tuple[DataIssue, ...] = ("sessions_across_parts",)
_DRIFT: tuple[DataIssue, ...] = ("drift",)


@dataclass(frozen=True, kw_only=True)
class _Read:
    """A data set that was read."""

    kind: Kind
    samples: list[CheckedSample]
    split_by: str | None
    skipped: tuple[Skipped, ...]


def check_dataset(
    folder: Path,
    *,
    against: Path | None = None,
    units: MotionUnits = UNSTATED_UNITS,
    on_file: Callable[[int, int], None] = lambda done, total: None,
) -> DataCheck:
    """Return the findings on a data set. Raises DatasetError if it is none, or if nothing in it is usable.

    against: another set, or a run, whose samples are the ones that drift is measured from. units: of motion. on_file:
    called with files done and in total.
    """
    return check_samples(folder, against=against, units=units, on_file=on_file)[0]


def check_samples(
    folder: Path,
    *,
    against: Path | None = None,
    units: MotionUnits = UNSTATED_UNITS,
    on_file: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[DataCheck, list[CheckedSample]]:
    """Return what `check_dataset` does, and the samples that were checked."""
    read = _read(folder, units, on_file, compares=against is not None)
    samples = with_origin(folder, read.samples)
    has_parts = read.split_by is not None
    before = _learnt(against, read, units, on_file) if against else []
    comparable = min(len(samples), len(before)) >= LEAST_SAMPLES
    found = [*_findings(folder, read.kind, samples), *(drifted(samples, before) if comparable else ())]
    findings = sorted(found, key=lambda finding: get_args(FindingLevel).index(finding.level))
    not_checked = tuple(_not_checked(read.kind, samples, has_parts))
    if against and not comparable:
        reason = f"{len(samples):,} and {len(before):,} samples, expected at least {LEAST_SAMPLES} of each set"
        not_checked += (NotChecked(issues=_DRIFT, reason=reason),)
    unknown = {issue for item in not_checked for issue in item.issues}
    looked_for = (*_OF_KIND[read.kind], *_COPIES, *_NEAR, *_PARTS, *_SPEAKERS, *_SESSIONS, "imbalance")
    looked_for += _DRIFT if against else ()
    check = DataCheck(
        folder=folder,
        kind=read.kind,
        labels=dict(sorted(Counter(sample.label for sample in samples).items())),
        parts=counts_of(_parts(samples)) if has_parts else None,
        split_by=read.split_by,
        checked=tuple(issue for issue in looked_for if issue not in unknown),
        not_checked=not_checked,
        issues=counted_issues(findings),
        findings=tuple(findings),
        skipped=read.skipped,
    )
    return check, samples


def _parts(samples: Sequence[CheckedSample]) -> Iterator[Part]:
    return (sample.part for sample in samples if sample.part is not None)


def _read(folder: Path, units: MotionUnits, on_file: Callable[[int, int], None], *, compares: bool) -> _Read:
    """Return a set's checked samples. compares: also with the figures that drift is measured by."""
    kind = kind_of(folder)
    if kind is PICTURES:
        pictures, by, samples = check_pictures(folder, on_file, compares=compares)
        return _Read(kind="pictures", samples=samples, split_by=by, skipped=pictures.skipped)
    if kind is MOTION:
        motion = check_motion(folder, units, on_file, compares=compares)
        by_lists = "lists" if motion.has_parts else None
        return _Read(kind="motion", samples=motion.samples, split_by=by_lists, skipped=motion.skipped)
    if kind is SOUNDS:
        clips, by, samples = check_clips(folder, on_file, compares=compares)
        if samples:
            return _Read(kind="clips", samples=samples, split_by=by, skipped=clips.skipped)
    what = "no sample of pictures, sound or motion" if folder.is_dir() else "no such folder"
    raise DatasetError(f"{folder}: {what}; expected LABEL/FILE below it", hint="tinyhost capture creates such a folder")


def _learnt(place: Path, read: _Read, units: MotionUnits, on_file: Callable[[int, int], None]) -> list[CheckedSample]:
    """Return the samples of another set, or those that a run has seen. Raises DatasetError."""
    run = read_run_data(place) if place.is_dir() else None
    other = _read(run.folder if run else place, units, on_file, compares=True)
    if other.kind != read.kind:
        raise DatasetError(f"{place}: {other.kind}, expected {read.kind}", hint="name a set of the same kind")
    return [sample for sample in other.samples if run is None or sample.file in run.samples]


def _findings(folder: Path, kind: Kind, samples: Sequence[CheckedSample]) -> Iterator[DataFinding]:
    faults = [(sample, fault) for sample in samples for fault in sample.faults]
    if kind == "pictures":
        faults += [*odd_pictures(samples), *joined_pictures(samples)]
        yield from stuck_pictures(samples)
    if kind == "clips":
        faults += [*odd_ends(samples), *odd_offsets(samples)]
    usual = usual_looks(samples) if kind == "pictures" else {}
    if loud := loud_clips(samples):
        usual["clipped"] = loud
    for sample, fault in faults:
        own = (sample.file,)
        if sample.file in usual.get(fault.issue, ()):
            continue
        yield DataFinding(issue=fault.issue, level=fault.level, text=fault.text, files=own, surplus=own)
    yield from notes(usual, len(samples))
    yield from copies(samples, LIKENESS if kind == "pictures" else likeness(folder))
    yield from across_parts(samples)
    yield from labels_in_order(samples, others_are_one=kind == "clips")


def _not_checked(kind: Kind, samples: Sequence[CheckedSample], has_parts: bool) -> Iterator[NotChecked]:
    if kind == "motion":
        yield NotChecked(issues=_NEAR, reason="recordings of a running machine are all similar")
    if not has_parts:
        reason = "the set has no split: tinyhost data split creates one"
        yield NotChecked(issues=(*_PARTS, *_SPEAKERS, *_SESSIONS), reason=reason)
        return
    if not any(sample.speaker or sample.subject for sample in samples):
        reason = "no manifest names the people" if kind != "clips" else "no file name or manifest names the speakers"
        yield NotChecked(issues=_SPEAKERS, reason=reason)
    if not any(sample.session for sample in samples):
        yield NotChecked(issues=_SESSIONS, reason="no manifest has the times and boards of the captures")
