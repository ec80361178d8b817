"""Unlabelled samples with a model's proposals, the least certain first."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from tinyhost.datasets.folder import MOTION, PICTURES, SOUNDS, SampleKind
from tinyhost.datasets.importers.contract import FoundSample, ReadAs
from tinyhost.datasets.importers.files import content_reader, original_of
from tinyhost.datasets.importing import store_content
from tinyhost.datasets.labelling.answers import Answer, add_answer
from tinyhost.datasets.manifest import Sample, read_manifest
from tinyhost.datasets.origin import Origin
from tinyhost.datasets.people.consent import carry_consent
from tinyhost.datasets.skipped import Skipped
from tinyhost.datasets.store import DatasetStore, validate_label
from tinyhost.errors import DatasetError, MissingToolError
from tinyhost.system.folders import files_below
from tinyhost.system.reading import read_file

__all__ = ["LabellingDocument", "Proposal", "Proposer", "accept", "propose", "samples_below"]

Proposer = Callable[[Path], Sequence[tuple[str, float]]]
"""a sample's file -> labels with scores, at least one; raises DatasetError"""
_MAX_BYTES = 1 << 30
_HINT = "name a folder of pictures, sounds, or motion in CSV files"


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A model's proposal for a file."""

    path: Path
    sha256: str
    label: str
    """"": it says nothing"""
    score: float
    margin: float
    """how far the next label's score is below"""
    known: Sample | None = None
    """the line of the data set that it lies in; None: it lies in none"""


def samples_below(source: Path) -> tuple[SampleKind, list[Path]]:
    """Return the pictures, sounds or recordings of motion below a folder, whichever are most.

    Raises DatasetError if there are none.
    """
    if not source.is_dir():
        raise DatasetError(f"{source}: no such folder", hint=_HINT)
    files, kinds = sorted(files_below(source)), (PICTURES, SOUNDS, MOTION)
    found = {kind.name: [path for path in files if path.suffix.lower() in kind.suffixes] for kind in kinds}
    kind = max(kinds, key=lambda kind: len(found[kind.name]))
    if not found[kind.name]:
        raise DatasetError(f"{source}: no pictures, sounds or motion", hint=_HINT)
    return kind, found[kind.name]


def propose(
    paths: Sequence[Path],
    proposer: Proposer | None,
    known: Collection[str],
    skipped: list[Skipped],
    *,
    on_file: Callable[[int, int], None] = lambda done, total: None,
) -> list[Proposal]:
    """Return the proposals for files, the least certain first; unreadable files are added to `skipped`.

    proposer: None: nothing is. known: SHA-256 of files that have a label, which are omitted.
    """
    found = []
    roots = {path.parent.parent for path in paths}
    lines = {root / line.file: line for root in roots for line in read_manifest(root)}
    for done, path in enumerate(paths, 1):
        try:
            sha256 = hashlib.sha256(read_file(path, max_bytes=_MAX_BYTES)).hexdigest()
            if sha256 not in known:
                ranked = sorted(proposer(path), key=lambda item: -item[1]) if proposer else []
                found.append(replace(_proposal(path, sha256, ranked), known=lines.get(path)))
        except (DatasetError, MissingToolError) as error:
            skipped.append(Skipped(what=path.name, reason=error.message))
        on_file(done, len(paths))
    return sorted(found, key=lambda item: (item.margin, item.path))


def _proposal(path: Path, sha256: str, ranked: Sequence[tuple[str, float]]) -> Proposal:
    if not ranked:
        return Proposal(path=path, sha256=sha256, label="", score=0.0, margin=0.0)
    label, score = ranked[0]
    margin = score - ranked[1][1] if len(ranked) > 1 else score
    return Proposal(path=path, sha256=sha256, label=label, score=score, margin=margin)


def accept(
    store: DatasetStore, proposal: Proposal, label: str, annotator: str, *, score: float | None, convert: bool = False
) -> str:
    """Store a file under a label, with the annotator; return its name in the set. Raises DatasetError.

    A sample of a data set keeps what that set's manifest says of it: where it is from, whose it is, for how long, and
    what a model said. Motion with gaps becomes a file for each stretch without one, of which the first is returned.
    """
    by, known = {"labelled_by": annotator}, proposal.known
    origin = Origin.of_sample(known, by) if known else Origin.of_import(proposal.path.parent, by)
    if known is not None:
        carry_consent(proposal.path.parent.parent, store.root, known.consent)
    found = FoundSample(
        what=proposal.path.name,
        label=label,
        speaker=known.speaker if known else "",
        read=content_reader(proposal.path, ReadAs(convert=convert)),
        original=original_of(proposal.path),
    )
    stored = store_content(found.read(), store, validate_label(label), found, origin)
    for sample in stored:
        answer = Answer(
            file=sample.file, source_sha256=proposal.sha256, annotator=annotator, label=sample.label, score=score
        )
        add_answer(store.root, answer)
    return stored[0].file


@dataclass(frozen=True, kw_only=True)
class LabellingDocument:
    """`tinyhost data label SOURCE SET --json FILE`."""

    schema: Literal["tinyhost.data_label/1"] = "tinyhost.data_label/1"
    source: Path
    folder: Path
    """the data set"""
    already: int
    """files that had a label in the set before"""
    accepted: Mapping[str, int]
    """files whose proposal was sure enough, by label"""
    answered: Mapping[str, int]
    """files that a person labelled, by label"""
    corrected: int
    """of those: files to which the person gave another label than was proposed"""
    left: tuple[str, ...]
    """doubtful files that nobody has labelled, the most doubtful first"""
    skipped: tuple[Skipped, ...]
    """files that cannot be used"""
