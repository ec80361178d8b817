"""Detection of a seam: the part of a picture below some row is of another picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Seam", "find_seam"]

_MAX_COLUMNS = 320
"""Of wider pictures the means of neighbouring columns count; rows stay, for a mean of two would hide a seam."""
_LEAST_SIDE = 64
_BORDER = 10
"""A seam nearer to the top or bottom than a tenth of the height cannot be told from a frame or a title."""
_NOISE, _LITTLE_NOISE = 2.0, 1.0
"""grey levels: smaller steps are ignored"""
_MOST, _MOST_OF_ALL = 4.0, 8.0
"""times the steps around it: larger steps are clipped to this"""
_AROUND = (-3, -2, -1, 1, 2, 3)
_BESIDE = 2
"""rows: a seam is one row sharp, and what is as odd farther away is another one"""
_SEGMENTS, _FINE_SEGMENTS = 8, 12
_SLANT = 3
"""columns by which an edge may move from one row to the next"""
_BREAK, _LEAST_BREAK = 2.0, 4.0
"""A column is broken where its step is so many times the largest one around it, and more grey levels."""


@dataclass(frozen=True, kw_only=True)
class Seam:
    """Where a picture seems to be joined of two."""

    row: int
    """the first row of the lower part"""
    is_sure: bool
    """False: of drawn scenes 3 or 4 in 100 have such an edge, of photographs 1 in 1,000"""


@dataclass(frozen=True, kw_only=True)
class _Marks:
    """What tells a seam from an edge of the scene, of which most are one-sided, slanted, blurred, or not everywhere."""

    correlation: float
    """of the horizontal gradients just above and below: what is above does not go on below"""
    correlation_of_3: float
    """the size of the same of the means of three rows: what goes on in front of another light has it reversed"""
    less_alike: float
    """by how much the correlation is lower than between other rows nearby, slants allowed"""
    ahead: float
    """by how much its steps exceed those of any other row, each against the steps around it"""
    broken_elsewhere: float
    """the largest share of columns that another row breaks"""
    rise: float
    """log of its mean step over the largest one nearby"""
    steps: float
    """as of `ahead`, in the second weakest of eight segments of the row"""
    weakest: float
    """in the weakest segment, smaller steps counted, too"""
    beyond_light: float
    """its steps without their median: two surfaces of different light have no others"""
    segments: float
    """share of twelve segments of the row that have a broken column"""


_LOOSE = _Marks(
    correlation=0.29, correlation_of_3=1.0, less_alike=-0.08, ahead=0.78, broken_elsewhere=0.51, rise=0.0,
    steps=0.44, weakest=0.17, beyond_light=1.32, segments=0.58,
)  # fmt: skip
_SURE = _Marks(
    correlation=0.2, correlation_of_3=0.168, less_alike=0.067, ahead=1.4, broken_elsewhere=0.125, rise=1.14,
    steps=1.26, weakest=1.05, beyond_light=2.09, segments=0.58,
)  # fmt: skip
"""Both were searched on photographs, wallpapers, icons and, the second, 18,000 drawings, which have many such edges;
scripts/check_rates.py measures the rates."""


def find_seam(pixels: NDArray[np.uint8]) -> Seam | None:
    """Return the row at which a (height, width) picture seems to be joined of two; None if there is none.

    At a seam all columns lose their continuity at once and in one row only, and nothing goes on across it.
    """
    if min(pixels.shape) < _LEAST_SIDE:
        return None
    across = -(-pixels.shape[1] // _MAX_COLUMNS)
    width = pixels.shape[1] // across
    rows = pixels[:, : width * across].reshape(-1, width, across).mean(axis=2, dtype=np.float32)
    steps = _steps(rows)
    usual = _usual(steps)
    plain = np.abs(np.diff(rows, axis=0))
    oddness = _clipped(plain, _usual(plain), _NOISE, _MOST).mean(axis=1)
    oddness += _clipped(steps, usual, _NOISE, _MOST).mean(axis=1)
    border = len(rows) // _BORDER
    row = int(oddness[border - 1 : 1 - border].argmax()) + border - 1
    ahead = float(oddness[row] - oddness[_far(oddness, row)].max())
    if ahead < _LOOSE.ahead:
        return None
    marks = _marks(rows, steps, usual, row, ahead)
    if not _reaches(marks, _LOOSE):
        return None
    return Seam(row=row + 1, is_sure=_reaches(marks, _SURE))


def _far(rows: NDArray[np.float32], row: int) -> NDArray[np.bool_]:
    """Return which rows are not beside a row."""
    return np.abs(np.arange(len(rows)) - row) > _BESIDE


def _steps(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what of each step to the next row no pixel beside it explains, either way, (height - 1, width)."""
    wide = np.pad(rows, ((0, 0), (1, 1)), "edge")
    sides = wide[:, :-2], wide[:, 1:-1], wide[:, 2:]
    low, high = np.minimum.reduce(sides), np.maximum.reduce(sides)
    down = np.maximum(rows[1:] - high[:-1], low[:-1] - rows[1:])
    up = np.maximum(rows[:-1] - high[1:], low[1:] - rows[:-1])
    return np.asarray(np.maximum(np.maximum(down, up), 0))


def _usual(steps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean step of the three rows above and below, five columns wide; not of the row itself."""
    return _smooth(np.mean([_moved(steps, by) for by in _AROUND], axis=0), 5)


def _moved(steps: NDArray[np.float32], by: int) -> NDArray[np.float32]:
    """Return each row's neighbour; beyond the first and last row they are mirrored."""
    n = len(steps)
    at = np.arange(n) + by
    return steps[np.where(at < 0, -at - 1, np.where(at >= n, 2 * n - 1 - at, at))]


def _smooth(steps: NDArray[np.float32], n_columns: int) -> NDArray[np.float32]:
    half, width = n_columns // 2, steps.shape[1]
    wide = np.pad(steps, ((0, 0), (half, half)), "symmetric")
    return np.asarray(np.mean([wide[:, first : first + width] for first in range(n_columns)], axis=0))


def _clipped(steps: NDArray[np.float32], usual: NDArray[np.float32], noise: float, most: float) -> NDArray[np.float32]:
    return np.minimum(steps / (usual + np.float32(noise)), np.float32(most))


def _marks(
    rows: NDArray[np.float32],
    steps: NDArray[np.float32],
    usual: NDArray[np.float32],
    row: int,
    ahead: float,
) -> _Marks:
    """Return the marks of the boundary below a row."""
    largest = np.maximum.reduce([_moved(steps, by) for by in (-2, -1, 1, 2)])
    broken = steps > _BREAK * _smooth(largest, 3) + _LEAST_BREAK
    near = slice(row - _AROUND[-1], row + _AROUND[-1] + 1)
    heights = np.log(steps[near].mean(axis=1) + _NOISE)
    own = len(heights) // 2
    change = np.diff(rows[near.start : near.stop + 1], axis=0)
    change = np.abs(change - np.median(change, axis=1, keepdims=True))
    beyond = _clipped(change, _usual(change), _NOISE, _MOST)[own]
    slopes = np.diff(rows, axis=1)
    alike = np.array([_likeness(slopes[at], slopes[at + 1], _SLANT) for at in range(near.start, near.stop)])
    sums = _segments(_clipped(steps[row], usual[row], _NOISE, _MOST), _SEGMENTS)
    fine = _segments(_clipped(steps[row], usual[row], _LITTLE_NOISE, _MOST_OF_ALL), _SEGMENTS)
    return _Marks(
        correlation=_likeness(slopes[row], slopes[row + 1]),
        correlation_of_3=abs(_likeness(slopes[row - 2 : row + 1].mean(axis=0), slopes[row + 1 : row + 4].mean(axis=0))),
        less_alike=float(np.delete(alike, own).min() - alike[own]),
        ahead=ahead,
        broken_elsewhere=float(broken.mean(axis=1)[_far(steps, row)].max()),
        rise=float(heights[own] - np.delete(heights, own).max()),
        steps=float(np.sort(sums)[1]),
        weakest=float(fine.min()),
        beyond_light=float(beyond.mean()),
        segments=float((_segments(broken[row], _FINE_SEGMENTS) > 0).mean()),
    )


def _segments(values: NDArray[np.float32] | NDArray[np.bool_], n: int) -> NDArray[np.float64]:
    """Return the means of n pieces of a row."""
    return np.array([piece.mean() for piece in np.array_split(values, n)])


def _likeness(one: NDArray[np.float32], other: NDArray[np.float32], slant: int = 0) -> float:
    """Return the correlation of two rows' gradients, the best one after a shift by at most `slant`."""
    n = len(one)
    found = []
    for by in range(-slant, slant + 1):
        first, second = one[max(0, by) : n + min(0, by)], other[max(0, -by) : n + min(0, -by)]
        size = (first @ first / len(first) + _NOISE) * (second @ second / len(first) + _NOISE)
        found.append(float(first @ second / len(first) / np.sqrt(size)))
    return max(found)


def _reaches(marks: _Marks, limit: _Marks) -> bool:
    return (
        marks.correlation < limit.correlation
        and marks.correlation_of_3 < limit.correlation_of_3
        and marks.less_alike > limit.less_alike
        and marks.ahead > limit.ahead
        and marks.broken_elsewhere < limit.broken_elsewhere
        and marks.rise > limit.rise
        and marks.steps > limit.steps
        and marks.weakest > limit.weakest
        and marks.beyond_light > limit.beyond_light
        and marks.segments > limit.segments
    )
