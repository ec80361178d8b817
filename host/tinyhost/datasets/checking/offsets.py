"""Clips with a small DC offset in a set whose other clips have none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tinyhost.datasets.checking.sample import CheckedSample, Fault

__all__ = ["is_steady", "odd_offsets", "steady_offset"]

_PARTS, _STEADY = 8, 0.5
"""An offset is there in each eighth of a clip, at least so large a share of it."""
_LEAST_OFFSET = 330.0
"""counts, 1 % of full scale"""
_TIMES, _FEW, _LEAST = 10.0, 0.005, 20
"""So many times the offset that all but so few, or two, of at least so many clips have."""


def is_steady(pcm: NDArray[np.int16]) -> bool:
    """Return whether a clip's mean is that of each of its parts, too; that of slow noise changes."""
    means = np.array([part.mean() for part in np.array_split(pcm, _PARTS)])
    return bool((means * np.sign(means.mean())).min() > _STEADY * abs(means.mean()))


def steady_offset(pcm: NDArray[np.int16]) -> float:
    """Return a clip's mean in counts; 0 if it is not steady, or too short to tell."""
    return float(np.mean(pcm)) if len(pcm) >= _PARTS and is_steady(pcm) else 0.0


def odd_offsets(samples: Sequence[CheckedSample]) -> list[tuple[CheckedSample, Fault]]:
    """Return the clips with an offset of 1 % or more of full scale where hardly any other clip of the set has one."""
    if len(samples) < _LEAST:
        return []
    usual = float(np.sort([-abs(sample.offset) for sample in samples])[max(2, int(_FEW * len(samples)))])
    limit = max(_LEAST_OFFSET, _TIMES * -usual)
    return [
        (
            sample,
            Fault(issue="shifted", level="look", text=f"mean {sample.offset:.0f} counts, others at most {-usual:.0f}"),
        )
        for sample in samples
        if abs(sample.offset) > limit and not any(fault.issue == "shifted" for fault in sample.faults)
    ]
