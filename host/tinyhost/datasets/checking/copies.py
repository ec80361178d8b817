"""Copies among the samples of a data set: exact and near duplicates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tinyhost.datasets.checking.findings import DataFinding
from tinyhost.datasets.checking.sample import CheckedSample
from tinyhost.system.wording import counted

__all__ = ["Likeness", "copies", "near_pairs", "surplus_of"]

_BLOCK = 1024
"""samples that are compared with all others at once"""
_MOST_CONFIRMED = 10
"""samples that a sample is compared with after their fingerprints, the likest first"""


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """What makes two samples near copies."""

    most_bits: float
    """share of the fingerprints' bits in which they differ at most"""
    least_correlation: float
    """of their fingerprints' shapes"""
    confirm: Callable[[CheckedSample, CheckedSample], bool] | None = None
    """whether two samples whose fingerprints are alike are so themselves; None: fingerprints are enough"""


def copies(samples: Sequence[CheckedSample], likeness: Likeness) -> Iterator[DataFinding]:
    """Yield copies, those under two labels, and those in two parts."""
    by_digest: dict[str, list[int]] = defaultdict(list)
    for index, sample in enumerate(samples):
        by_digest[sample.digest].append(index)
    for group in by_digest.values():
        if len(group) > 1:
            yield from _exact([samples[index] for index in group])
    groups = ([samples[index] for index in group] for group in by_digest.values())
    different = [_kept(group) for group in groups if len({sample.label for sample in group}) == 1]
    comparable = [sample for sample in different if sample.fingerprint is not None]
    for members in _joined(len(comparable), near_pairs(comparable, likeness)):
        yield from _near([comparable[index] for index in members])


def near_pairs(samples: Sequence[CheckedSample], likeness: Likeness) -> Iterator[tuple[int, int]]:
    """Yield the indices of each two near duplicates; all samples must have a fingerprint.

    The bits of one block against those of all others are one product of matrices: 20,000 samples take a second.
    """
    prints = [sample.fingerprint for sample in samples if sample.fingerprint is not None]
    if len(prints) < 2:
        return
    signs = np.stack([np.where(item.bits, 1, -1).astype(np.float32) for item in prints])
    shapes = np.stack([item.shape for item in prints])
    least, confirm = signs.shape[1] * (1 - 2 * likeness.most_bits), likeness.confirm
    for first in range(0, len(signs), _BLOCK):
        alike = np.triu(signs[first : first + _BLOCK] @ signs[first:].T >= least, 1)
        for row in np.flatnonzero(alike.any(axis=1)):
            one, others = first + int(row), first + np.flatnonzero(alike[row])
            correlations = shapes[others] @ shapes[one]
            likest = np.argsort(-correlations, kind="stable")
            near = others[likest[correlations[likest] >= likeness.least_correlation]].tolist()
            if confirm is not None:
                near = [other for other in near[:_MOST_CONFIRMED] if confirm(samples[one], samples[other])]
            yield from ((one, other) for other in near)


def _joined(n: int, pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Return the groups of indices that pairs connect, each sorted."""
    root = list(range(n))

    def find(index: int) -> int:
        while root[index] != index:
            root[index] = root[root[index]]
            index = root[index]
        return index

    for one, other in pairs:
        root[max(find(one), find(other))] = min(find(one), find(other))
    groups: dict[int, list[int]] = defaultdict(list)
    for index in range(n):
        groups[find(index)].append(index)
    return [group for group in groups.values() if len(group) > 1]


def _exact(group: Sequence[CheckedSample]) -> Iterator[DataFinding]:
    files = tuple(sample.file for sample in group)
    labels = sorted({sample.label for sample in group})
    if len(labels) > 1:
        text = f"the same content is labelled {' and '.join(labels)}"
        surplus = files  # nobody knows which label is right
        yield DataFinding(issue="conflicting_labels", level="bad", text=text, files=files, surplus=surplus)
    else:
        surplus = surplus_of(group)
        text = f"{counted(len(group), 'file')} of {labels[0]} with the same content"
        yield DataFinding(issue="exact_duplicates", level="look", text=text, files=files, surplus=surplus)
    yield from _across(group, surplus, exact=True)


def surplus_of(group: Sequence[CheckedSample]) -> tuple[str, ...]:
    """Return the files of copies that may go: all but one."""
    kept = _kept(group)
    return tuple(sample.file for sample in group if sample is not kept)


def _kept(group: Sequence[CheckedSample]) -> CheckedSample:
    """Return the copy that stays: one without a fault, preferably one for validation or testing."""
    return min(group, key=lambda sample: (bool(sample.faults), sample.part in (None, "training")))


def _near(group: Sequence[CheckedSample]) -> Iterator[DataFinding]:
    labels = sorted({sample.label for sample in group})
    named = f"of {labels[0]}" if len(labels) == 1 else f"labelled {' and '.join(labels)}"
    # Almost the same under two labels may be right: a person far away, and the same place without one.
    surplus = surplus_of(group) if len(labels) == 1 else ()
    yield DataFinding(
        issue="near_duplicates",
        level="look",
        text=f"{counted(len(group), 'file')} {named} with almost the same content",
        files=tuple(sample.file for sample in group),
        surplus=surplus,
    )
    yield from _across(group, surplus, exact=False)


def _across(group: Sequence[CheckedSample], surplus: tuple[str, ...], *, exact: bool) -> Iterator[DataFinding]:
    parts = sorted({sample.part for sample in group if sample.part is not None})
    if len(parts) > 1:
        yield DataFinding(
            issue="duplicates_across_parts",
            level="bad" if exact else "look",
            text=f"{'the same' if exact else 'almost the same'} content is in {' and '.join(parts)}",
            files=tuple(sample.file for sample in group),
            surplus=surplus,
        )
