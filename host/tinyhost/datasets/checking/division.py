"""Faults of a data set's division: by labels, parts, speakers and sessions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from tinyhost.datasets.checking.findings import DataFinding, DataIssue, FindingLevel
from tinyhost.datasets.checking.sample import CheckedSample
from tinyhost.datasets.manifest import Sample, read_manifest

__all__ = ["across_parts", "labels_in_order", "with_origin"]

_MOST_UNEVEN = 5
"""times as many samples of one label as of another"""
_MANY = 5
_PAUSE = timedelta(minutes=10)
"""between two samples of one session"""


def with_origin(folder: Path, samples: Sequence[CheckedSample]) -> list[CheckedSample]:
    """Return the samples with the speaker, the person and the session that the set's manifest tells.

    Raises DatasetError.
    """
    lines = read_manifest(folder)
    by_file = {line.file: line for line in lines}
    sessions = _sessions(lines)
    found = []
    for sample in samples:
        line = by_file.get(sample.file)
        speaker = sample.speaker or (line.speaker if line else "")
        subject = line.subject if line else ""
        found.append(replace(sample, speaker=speaker, subject=subject, session=sessions.get(sample.file, "")))
    return found


def _sessions(lines: Sequence[Sample]) -> dict[str, str]:
    """Return the session of each file that a board captured: its samples follow each other without a long pause."""
    last: dict[str, tuple[datetime, str]] = {}
    found = {}
    for line in lines:
        if not line.device:
            continue
        try:
            time = datetime.fromisoformat(line.time)
        except ValueError:
            continue
        before = last.get(line.device)
        follows = before is not None and abs(time - before[0]) <= _PAUSE
        session = before[1] if before is not None and follows else f"{line.time} on {line.device}"
        last[line.device] = time, session
        found[line.file] = session
    return found


def labels_in_order(samples: Sequence[CheckedSample], *, others_are_one: bool) -> Iterator[DataFinding]:
    """Yield labels with far fewer samples than another, and those without training samples.

    others_are_one: many labels with few samples each are other words, which a keyword spotter learns as one class.
    """
    counts = Counter(sample.label for sample in samples)
    most = max(counts, key=lambda label: counts[label])
    few = sorted(label for label, count in counts.items() if count * _MOST_UNEVEN <= counts[most])
    together = others_are_one and len(few) >= _MANY
    if together:
        groups = {label: [label] for label in counts if label not in few} | {f"{len(few)} other words": few}
    else:
        groups = {label: [label] for label in sorted(counts)}
    for name, labels in groups.items():
        own = [sample for sample in samples if sample.label in labels]
        if len(own) * _MOST_UNEVEN <= counts[most]:
            text = (
                f"{len(own):,} of {name}, {counts[most]:,} of {most}; expected less than {_MOST_UNEVEN} times as many"
            )
            yield DataFinding(issue="imbalance", level="look", text=text)
        if own[0].part is not None and not any(sample.part == "training" for sample in own):
            text = f"{len(own):,} of {name}, none of them for training"
            yield DataFinding(issue="no_training_samples", level="bad", text=text)


def across_parts(samples: Sequence[CheckedSample]) -> Iterator[DataFinding]:
    """Yield the speakers, other people and sessions with samples in more than one part."""
    yield from _across(samples, lambda sample: sample.speaker, "speakers_across_parts", "bad", "speaker")
    others = [sample for sample in samples if not sample.speaker]  # `data split` knows nothing of them
    yield from _across(others, lambda sample: sample.subject, "speakers_across_parts", "look", "subject")
    yield from _across(samples, lambda sample: sample.session, "sessions_across_parts", "look", "session")


def _across(
    samples: Sequence[CheckedSample],
    key: Callable[[CheckedSample], str],
    issue: DataIssue,
    level: FindingLevel,
    what: str,
) -> Iterator[DataFinding]:
    groups: Mapping[str, list[CheckedSample]] = defaultdict(list)
    for sample in samples:
        if key(sample) and sample.part is not None:
            groups[key(sample)].append(sample)
    for name, group in groups.items():
        parts = Counter(str(sample.part) for sample in group)
        if len(parts) > 1:
            counts = ", ".join(f"{count:,} for {part}" for part, count in sorted(parts.items()))
            yield DataFinding(
                issue=issue, level=level, text=f"{what} {name}: {counts}", files=tuple(item.file for item in group)
            )
