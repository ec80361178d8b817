"""Tells faults of single samples from what is usual in their set: night, snow, white paper, loud voices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from tinyhost.datasets.checking.findings import DataFinding, DataIssue
from tinyhost.datasets.checking.sample import CheckedSample
from tinyhost.system.wording import counted

__all__ = ["loud_clips", "notes", "usual_looks"]

_LOOKS: tuple[DataIssue, ...] = ("dark", "light", "blurry", "low_information")
_NEARLY = 2.0
"""times the limit: who is so near it and has no fault shows what the scenes are like"""
_LEAST_NEARLY = 0.5
"""times as many must be near the limit as are beyond it"""
_STEP = 1.3
"""times: a larger step from one sample to the next is a gap, and beyond it samples stand alone"""
_COMMON, _LEAST_COMMON = 0.25, 10
"""So large a share of a set, and so many, are how its scenes look, or how all of it was lit: one remark is enough."""
_LOUD = 0.02
_OF_SCENES: tuple[DataIssue, ...] = ("dark", "light")
"""A lens that is out of focus, or a sensor that gives nothing, may spoil a whole set."""
_UNUSABLE: Mapping[DataIssue, float] = {"dark": 0.2, "light": 14 / 60}
"""A picture that is all black or white teaches nothing, however many there are."""


def usual_looks(samples: Sequence[CheckedSample]) -> dict[DataIssue, tuple[str, ...]]:
    """Return the files that have an issue and no fault: without a gap, others of the set lead up to them; or many do.

    A lamp that failed or a lens that was moved makes pictures that are unlike those before. Scenes that get darker by
    and by have as many pictures just above the limit as below it.
    """
    found = {}
    for issue in _LOOKS:
        looks = [(sample.looks[issue], sample.file) for sample in samples if issue in sample.looks]
        beyond = sorted((look for look in looks if look[0] < 1), reverse=True)
        nearly = [far for far, _ in looks if 1 <= far < _NEARLY]
        is_common = issue in _OF_SCENES and len(beyond) >= max(_LEAST_COMMON, _COMMON * len(looks))
        if not beyond or (not is_common and len(nearly) < _LEAST_NEARLY * len(beyond)):
            continue
        far = np.array([beyond[0][0] if is_common else min(nearly), *(look[0] for look in beyond)])
        far[1:][far[1:] < _UNUSABLE.get(issue, 0)] = 0
        gaps = np.flatnonzero(far[:-1] > _STEP * far[1:])
        if files := tuple(file for _, file in beyond[: gaps[0] if len(gaps) else None]):
            found[issue] = files
    return found


def loud_clips(samples: Sequence[CheckedSample]) -> tuple[str, ...]:
    """Return the files that are clipped a little, if so many of the set are that all of it was made too loud."""
    files = [
        sample.file
        for sample in samples
        for fault in sample.faults
        if (fault.issue, fault.level) == ("clipped", "look")
    ]
    return tuple(files) if len(files) >= max(_LEAST_COMMON, _LOUD * len(samples)) else ()


def notes(usual: Mapping[DataIssue, tuple[str, ...]], n_samples: int) -> Iterator[DataFinding]:
    """Yield one finding for each issue that is usual in a set."""
    for issue, files in usual.items():
        text = (
            f"{len(files):,} of {counted(n_samples, 'clip')} at full scale for less than 1 % of the time: the whole "
            "set is so loud; record or synthesize it with less gain"
            if issue == "clipped"
            else f"{len(files):,} of {counted(n_samples, 'picture')}, and others are nearly so with no gap between: "
            "probably how these scenes look; if not, the whole set is"
        )
        yield DataFinding(issue=issue, level="note", text=text, files=files, surplus=files)
