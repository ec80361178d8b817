"""Erasure of samples from their sets, from every list and copy; models that were trained on them are withdrawn.

The lines of the manifests are removed last, so that the same command can continue after an interruption.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from tinyhost.audio.speakers import speaker_id
from tinyhost.boards.project import all_shipped_models
from tinyhost.datasets.checking.quarantine import JOURNAL_NAME, DatasetLock
from tinyhost.datasets.manifest import MANIFEST_NAME, Sample, read_manifest, write_manifest
from tinyhost.datasets.parts import has_lists, read_lists, write_lists
from tinyhost.datasets.people.consent import drop_consents, subject_of
from tinyhost.datasets.people.provenance import RunData, file_digest, read_run_data
from tinyhost.datasets.people.traces import Traces, all_files
from tinyhost.errors import DatasetError
from tinyhost.models.origin import origin_of
from tinyhost.models.withdrawn import WITHDRAWN_NAME, withdraw
from tinyhost.system.durable import write_atomically
from tinyhost.system.json_reading import parse_json
from tinyhost.system.reading import read_file

__all__ = ["Erasure", "Places", "erase_expired", "erase_subject"]

_MODELS = frozenset({".tflite", ".thm", ".h5", ".keras"})
_KEPT = frozenset({MANIFEST_NAME, JOURNAL_NAME, WITHDRAWN_NAME, ".lock"})
_MAX_BYTES = 1 << 30
_MAX_CONTENT_BYTES = 1 << 32


@dataclass(frozen=True, kw_only=True)
class Places:
    """The folders that may contain samples, and models and reports made from them."""

    data: Path
    runs: Path
    models: Path

    def made(self) -> tuple[Path, Path]:
        """The folders with models."""
        return self.runs, self.models

    def all(self) -> tuple[Path, Path, Path]:
        """The folders with anything."""
        return self.data, *self.made()


@dataclass(kw_only=True)
class Erasure:
    """`tinyhost data erase` and `tinyhost data expire --json FILE`. It never names the subject."""

    schema: Literal["tinyhost.data_erase/1"] = "tinyhost.data_erase/1"
    samples: list[Path] = field(default_factory=list)
    """number of files removed from data sets"""
    copies: list[Path] = field(default_factory=list)
    """number of other files removed: copies, and reports and archives that contain samples"""
    written_over: list[Path] = field(default_factory=list)
    """number of files in which a name or a hash was overwritten"""
    consents: int = 0
    """number of consent records removed"""
    models: list[Path] = field(default_factory=list)
    """files of models trained on the samples, or continued from such a model; push refuses them"""
    unknown_runs: list[Path] = field(default_factory=list)
    """folders with a model whose training data are unknown"""
    remaining: list[Path] = field(default_factory=list)
    """files that still contain a trace, or whose path does"""


def erase_subject(places: Places, subject: str) -> Erasure:
    """Remove everything about a subject, whose samples have it as `--subject` or `--speaker`.

    Raises DatasetError if something cannot be read or removed; calling it again continues.
    """
    name = subject_of(subject)
    own = {name.casefold(), speaker_id(name)}
    return _erase(places, lambda line: not own.isdisjoint((line.subject.casefold(), line.speaker.casefold())), name)


def erase_expired(places: Places, today: date) -> Erasure:
    """Remove the samples whose retention period is over. Raises as `erase_subject`."""

    def is_over(line: Sample) -> bool:
        try:
            return bool(line.retain_until) and date.fromisoformat(line.retain_until) < today
        except ValueError as error:
            raise DatasetError(
                f"{line.file}: retain_until {line.retain_until!r} is not a date", hint="fix the line in its manifest"
            ) from error

    return _erase(places, is_over, "")


def _erase(places: Places, is_wanted: Callable[[Sample], bool], subject: str) -> Erasure:
    done = Erasure()
    roots = sorted({path.parent for path in all_files(places.data) if path.name == MANIFEST_NAME})
    with ExitStack() as stack:
        for root in roots:
            stack.enter_context(DatasetLock(root))
        lines = {root: read_manifest(root) for root in roots}
        _check_no_label(subject, lines)
        doomed = {root: [line for line in own if is_wanted(line)] for root, own in lines.items()}
        aside = {path: _journal(path, is_wanted) for path in all_files(places.data) if path.name == JOURNAL_NAME}
        traces = Traces(subject=subject, digests=_digests(doomed, aside))
        _withdraw(places, traces, done)
        for root, own in doomed.items():
            done.samples += [root / line.file for line in own if _removed(root / line.file)]
            _shorten_lists(root, {line.file for line in own})
            done.consents += drop_consents(root, subject) if subject else 0
        for path, (_, gone) in aside.items():
            done.samples += [path.parent / line.file for line in gone if _removed(path.parent / line.file)]
        _clean(places, traces, done)
        for path, (kept, gone) in aside.items():
            if gone:
                write_atomically(path, b"".join(kept))
            traces.written_over(path)
        for root, own in doomed.items():
            if own:
                write_manifest(root, [line for line in lines[root] if not is_wanted(line)])
            traces.written_over(root / MANIFEST_NAME)
    found = (
        path
        for root in places.all()
        for path in all_files(root)
        if traces.in_path(path.relative_to(root)) or _is_left(path, traces)
    )
    done.remaining = list(dict.fromkeys(found))
    return done


def _check_no_label(subject: str, lines: Mapping[Path, list[Sample]]) -> None:
    """Raise DatasetError if a subject has the name of a label, since both would be overwritten in texts."""
    for root, own in lines.items():
        if subject and any(line.label == subject for line in own):
            raise DatasetError(f"{root}: {subject} is also the name of a label", hint="rename the label's folder first")


def _digests(
    doomed: Mapping[Path, list[Sample]], aside: Mapping[Path, tuple[list[bytes], list[Sample]]]
) -> frozenset[str]:
    """Return the hashes of the samples to remove, from the manifest and from the files."""
    found = [(root / line.file, line) for root, own in doomed.items() for line in own]
    found += [(path.parent / line.file, line) for path, (_, gone) in aside.items() for line in gone]
    on_disk = {file_digest(path) for path, _ in found if path.is_file()}
    return frozenset({line.sha256 for _, line in found if line.sha256} | on_disk)


def _journal(path: Path, is_wanted: Callable[[Sample], bool]) -> tuple[list[bytes], list[Sample]]:
    """Return the remaining lines of a quarantine's journal, and the samples of the removed ones."""
    kept, gone = [], []
    for number, text in enumerate(read_file(path, max_bytes=_MAX_BYTES).splitlines(keepends=True), 1):
        where = f"{path}:{number}"
        values = parse_json(text, where, error=DatasetError, hint="fix or delete this line")
        own = values.get("line") if isinstance(values, dict) else None
        line = Sample.from_line(own.encode(), where) if isinstance(own, str) and own else None
        if line is not None and is_wanted(line):
            gone.append(line)
        else:
            kept.append(text)
    return kept, gone


def _removed(path: Path) -> bool:
    """Remove a file, and return whether it existed. Raises DatasetError."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise DatasetError(
            f"{path}: cannot be removed: {error.strerror}", hint="fix its folder, then run the same command again"
        ) from error
    return True


def _shorten_lists(root: Path, gone: set[str]) -> None:
    if gone and has_lists(root):
        write_lists(root, {file: part for file, part in read_lists(root).items() if file not in gone})


def _clean(places: Places, traces: Traces, done: Erasure) -> None:
    """Remove copies, and overwrite traces in texts, except in manifests and journals: their lines go last."""
    files = dict.fromkeys(path for root in places.all() for path in all_files(root))
    for path in files:
        if path.name in _KEPT or path.suffix in _MODELS:
            continue
        if traces.in_name(path.name) or file_digest(path) in traces.digests:
            _removed(path)
            done.copies.append(path)
        elif traces.written_over(path):
            (done.written_over if path.exists() else done.copies).append(path)


def _is_left(path: Path, traces: Traces) -> bool:
    if path.name == WITHDRAWN_NAME:
        return False
    return traces.in_name(path.name) or traces.in_content(read_file(path, max_bytes=_MAX_CONTENT_BYTES))


def _withdraw(places: Places, traces: Traces, done: Erasure) -> None:
    """Withdraw the models of runs that used the samples, those learnt from them or made of them, and all copies."""
    files = [path for root in places.made() for path in all_files(root) if path.suffix in _MODELS]
    shipped = {file_digest(path) for path in all_shipped_models()}
    digests = {path: digest for path in dict.fromkeys(files) if (digest := file_digest(path)) not in shipped}
    origins = {path: origin_of(path) for path in digests}
    above = {folder for path in digests for folder in path.parents}
    folders = {folder for folder in above if any(folder.is_relative_to(root) for root in places.made())}
    runs = {folder: run for folder in sorted(folders) if (run := read_run_data(folder)) is not None}
    own = [path for path in digests if path.is_relative_to(places.runs)]
    done.unknown_runs = sorted({path.parent for path in own if runs.keys().isdisjoint(path.parents)})
    seen = {folder for folder, run in runs.items() if traces.digests & set(run.samples.values())}
    tainted: set[str] = set()
    while True:
        made = {digest for path, digest in digests.items() if seen & set(path.parents) or origins[path] in tainted}
        later = {folder for folder, run in runs.items() if _has_learnt_from(run, made, seen)}
        if made == tainted and later <= seen:
            break
        tainted, seen = made, seen | later
    for path, digest in digests.items():
        if digest in tainted:
            withdraw(path.parent, [digest])
            done.models.append(path)
    for folder in seen:
        reports = (path for path in all_files(folder) if path.suffix == ".html")
        done.copies += [path for path in reports if _removed(path)]


def _has_learnt_from(run: RunData, digests: set[str], folders: set[Path]) -> bool:
    """Return whether a run learnt from a model that is to be withdrawn, which is so by its folder or its content."""
    for model in (run.start_from, run.teacher):
        if model is None:
            continue
        if any(model.resolve().is_relative_to(folder.resolve()) for folder in folders):
            return True
        if model.is_file() and file_digest(model) in digests:
            return True
    return False
