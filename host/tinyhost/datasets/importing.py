"""Import of samples into a data set, with their labels, speakers and parts, without duplicates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np

from tinyhost.audio.speakers import Part
from tinyhost.datasets.importers.contract import Clip, Content, Found, FoundSample
from tinyhost.datasets.manifest import Sample
from tinyhost.datasets.origin import Origin
from tinyhost.datasets.parts import counts_of, has_lists, read_lists, write_lists
from tinyhost.datasets.people.consent import Person, with_person
from tinyhost.datasets.skipped import Skipped
from tinyhost.datasets.splitting import parts_of
from tinyhost.datasets.store import BACKGROUND_LABEL, DatasetStore, validate_label
from tinyhost.errors import DatasetError, MissingToolError
from tinyhost.motion.recording import MotionRecording
from tinyhost.protocol.labels import normal_label
from tinyhost.sensors.faces import FaceFinder, blurred
from tinyhost.sensors.metadata import metadata_kinds
from tinyhost.system.wording import counted

__all__ = ["ImportDocument", "ImportReport", "import_samples", "store_content"]

_SHORTEST = 1600  # 0.1 s: no word is shorter


@dataclass(kw_only=True)
class ImportReport:
    """The result of an import, correct also after an interruption."""

    format: str
    stored: Counter[str] = field(default_factory=Counter)
    """samples of the source by label"""
    already: int = 0
    """samples whose content was in the data set before, under the same label"""
    skipped: list[Skipped] = field(default_factory=list)
    """files that could not be used, with the reason"""
    not_wanted: int = 0
    """number of samples with other labels than requested"""
    passed_over: Counter[str] = field(default_factory=Counter)
    """samples that are none by the format's own rules, by reason"""
    metadata: Counter[str] = field(default_factory=Counter)
    """files with metadata, by kind: EXIF, GPS, ...; none of it is stored"""
    faces: int = 0
    """that were blurred"""
    parts: dict[str, Part] = field(default_factory=dict)
    """of the files in the data set that the source gave, as the source divides them"""


@dataclass(frozen=True, kw_only=True)
class ImportDocument:
    """`tinyhost data import SOURCE SET --json FILE`. Exits 1 if no sample could be used."""

    schema: Literal["tinyhost.data_import/1"] = "tinyhost.data_import/1"
    source: Path
    folder: Path
    """the data set"""
    format: str
    """of the source, as `--format` takes it"""
    stored: Mapping[str, int]
    """samples that were stored, by label"""
    already: int
    """samples that were already in the data set under the same label, and were not stored again"""
    parts: Mapping[Part, int] | None
    """samples by the part that the source has them in, which the set's lists now say; null if it does not divide"""
    skipped: tuple[Skipped, ...]
    """what could not be used"""
    passed_over: Mapping[str, int]
    """samples that are none by the format's own rules, by reason"""
    metadata: Mapping[str, int]
    """files with metadata about place, time or author, by kind: EXIF, GPS, XMP, IPTC, ICC, comment,
    text, time, INFO, bext, iXML, ID3, picture; none of it is stored"""
    faces: int
    """that were blurred"""
    not_wanted: int
    """samples of labels that `--words` does not list"""

    @classmethod
    def of(cls, report: ImportReport, source: Path, folder: Path) -> ImportDocument:
        """Return the document of an import."""
        return cls(
            source=source,
            folder=folder,
            format=report.format,
            stored=dict(sorted(report.stored.items())),
            already=report.already,
            parts=counts_of(report.parts.values()) if report.parts else None,
            skipped=tuple(report.skipped),
            passed_over=dict(report.passed_over),
            metadata=dict(sorted(report.metadata.items())),
            faces=report.faces,
            not_wanted=report.not_wanted,
        )


def import_samples(
    found: Found,
    store: DatasetStore,
    report: ImportReport,
    *,
    source: Path,
    words: Iterable[str] = (),
    person: Person | None = None,
    find_faces: FaceFinder | None = None,
    on_sample: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Store samples of a source; `report` counts them as they arrive.

    store: opened with `once`, so that a second import adds nothing. words: only these labels, and the background; none:
    all. person: the person that the samples are of. find_faces: faces in pictures are blurred. on_sample: called with
    samples done
    and in total. A file that cannot be used, or whose decoder is not installed, is skipped and reported. The parts that
    a source has go into the set's lists, also if the import is interrupted.
    """
    wanted = set(map(normal_label, words))
    origin = Origin.of_import(source)
    if person is not None:
        origin = with_person(origin, person, store.root)
    report.passed_over.update(found.passed_over)
    before = store.counts()
    try:
        for done, sample in enumerate(found.samples, 1):
            if wanted and normal_label(sample.label) not in wanted and sample.label != BACKGROUND_LABEL:
                report.not_wanted += 1
            else:
                _take(sample, store, origin, report, find_faces)
            on_sample(done, len(found.samples))
    finally:
        if report.parts:
            _write_parts(store.root, report.parts, had_samples=bool(before))


def _take(
    found: FoundSample, store: DatasetStore, origin: Origin, report: ImportReport, find_faces: FaceFinder | None
) -> None:
    n_known, n_faces = store.n_known, 0
    try:
        content = found.read()
        own = replace(origin, attributes=found.attributes)
        if find_faces is not None and isinstance(content, np.ndarray):
            content, n_faces = blurred(content, find_faces)
            own = replace(own, attributes={**own.attributes, "blurred_faces": str(n_faces)})
        stored = store_content(content, store, validate_label(found.label), found, own)
    except (DatasetError, MissingToolError) as error:
        report.skipped.append(Skipped(what=found.what, reason=error.message))
        return
    report.faces += n_faces
    if found.original is not None:
        report.metadata.update(metadata_kinds(found.original()))
    if found.part is not None and found.label != BACKGROUND_LABEL:
        report.parts |= {sample.file: report.parts.get(sample.file, found.part) for sample in stored}
    if store.n_known - n_known == len(stored):
        report.already += 1
    else:
        report.stored[stored[0].label] += 1


def store_content(
    content: Content, store: DatasetStore, label: str, found: FoundSample, origin: Origin
) -> list[Sample]:
    """Store the content; return a line for each file of it: motion has one for each stretch without a gap."""
    if isinstance(content, MotionRecording):
        pieces = [piece for piece in content.segments() if piece.stop - piece.start > 1]
        if not pieces:
            raise DatasetError(f"{found.what}: no two samples without a gap between them")
        return [
            store.add_motion(
                content.acceleration[piece],
                content.rate_hz,
                label,
                origin,
                rotation=content.rotation[piece] if content.rotation is not None else None,
                scene_item=found.what,
            )
            for piece in pieces
        ]
    if not isinstance(content, Clip):
        return [store.add(content, label, origin, frame_index=-1, dropped=-1, timestamp_us=-1, scene_item=found.what)]
    if len(content.pcm) < _SHORTEST:
        raise DatasetError(f"{found.what}: {counted(len(content.pcm), 'sample')}, shorter than 0.1 s")
    return [store.add_clip(content.pcm, label, origin, speaker=found.speaker, scene_item=found.what, note=content.note)]


def _write_parts(root: Path, parts: Mapping[str, Part], *, had_samples: bool) -> None:
    """Add a source's parts to the lists of a set, whose own entries take precedence.

    A set with samples and without lists first gets the lists of its present split.
    """
    own: Mapping[str, Part] = {}
    if has_lists(root):
        own = read_lists(root)
    elif had_samples:
        own = {file: part for file, part in parts_of(root).parts.items() if file not in parts}
    write_lists(root, {**parts, **own})
