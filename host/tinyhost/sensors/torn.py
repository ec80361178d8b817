"""Detection of torn pictures: a part is shifted sideways, as after lost pixels, blank, or of another picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyhost.sensors.seams import Seam

__all__ = ["torn_row"]

_MAX_SHIFT = 48
_MAX_SIDE = 320
"""larger pictures are reduced to this size by averaging"""
_NOISE = 2.0
"""grey levels: smaller steps are ignored"""
_MOST = 4.0
"""times the steps around it: larger steps are clipped to this"""
_FEW_ROWS = 24
"""A shorter seam has a lower weight."""
_BESIDE, _MOST_BESIDE = 4, 0.7
"""Beside a slanted edge the same shift makes the neighbouring rows match as well; beside a tear it does not."""
_ELSEWHERE = 0.8
"""Share of the gain in farther rows that is due to a pattern, such as a chess board."""
_BORDER = 10
"""rows: a tear this close to the top or bottom cannot be told from a frame or a title"""
_AROUND, _EQUAL = 4, 0.3
"""Neighbouring rows of a drawing have equal pixels; after a tear's shift the rows beside it have as many."""
_UNMOVED = 0.95
"""Rows that are equal as they are were not shifted."""
_TORN = 1.7
"""scripts/check_rates.py measures the rates of detection and of false alarms."""


_LEAST_BLANK, _FULL_ROWS = 8, 12
_BLANKS = (0, 1, 2, *range(126, 131))
"""what buffers are filled with, and decoders give for missing data: black, or middle grey"""
_DIFFERS, _ACROSS, _DEVIATION = 4, 0.8, 4.0
"""Above the blank rows is no margin: so much of the last row differs from them by more grey levels, and varies."""


def torn_row(pixels: NDArray[np.uint8], seam: Seam | None = None) -> int | None:
    """Return the row at which a (height, width) picture is torn; None if there is none. seam: what find_seam found."""
    if (blank := _blank_row(pixels)) is not None:
        return blank
    if (blank := _blank_row(pixels[::-1])) is not None:
        return len(pixels) - blank
    if (shifted := _shifted_row(pixels)) is not None:
        return shifted
    return seam.row if seam is not None and seam.is_sure else None


def _blank_row(pixels: NDArray[np.uint8]) -> int | None:
    """Return the row from which a picture has one value to its end, where others do not end in margins."""
    rest = np.flatnonzero((pixels != pixels[-1, -1]).any(axis=1))
    row = int(rest[-1]) + 1 if len(rest) else 0
    if int(pixels[-1, -1]) not in _BLANKS or row < _FULL_ROWS or len(pixels) - row < _LEAST_BLANK:
        return None
    same = (pixels[1:row] == pixels[: row - 1]).all(axis=1)
    last = pixels[row - 1].astype(np.int16)
    is_cut = (np.abs(last - pixels[-1, -1]) > _DIFFERS).mean() >= _ACROSS and last.std() >= _DEVIATION
    return row if is_cut and not same[0] and not same[-_LEAST_BLANK:].any() else None


def _shifted_row(pixels: NDArray[np.uint8]) -> int | None:
    """Return the row from which a picture is shifted sideways.

    There two rows match only after a shift, and the pixels wrapped around the side leave a vertical seam below, in the
    column of that shift. An edge in the scene has one of the two; a tear has both, in one place only. Weights: a
    logistic regression on photographs and drawings.
    """
    coarse = -(-max(pixels.shape) // _MAX_SIDE)
    height, width = pixels.shape[0] // coarse, pixels.shape[1] // coarse
    if height <= 2 * _BORDER or width < 2 * _MAX_SHIFT:
        return None
    blocks = pixels[: height * coarse, : width * coarse].reshape(height, coarse, width, coarse)
    rows = blocks.mean(axis=(1, 3), dtype=np.float32)
    shifts = np.array([shift for shift in range(-_MAX_SHIFT, _MAX_SHIFT + 1) if abs(shift) > 1])
    alike, alike_log = _alike(rows, shifts)
    seam, seam_log = (found[:, shifts % width - 1] for found in _seams(rows))
    place = np.minimum(alike, 2) + np.minimum(seam, 2) + np.clip(alike_log, -1, 2) + np.clip(seam_log, -1, 2)
    inner = place[_BORDER - 1 : 1 - _BORDER]
    row, shift = np.unravel_index(int(inner.argmax()), inner.shape)
    row += _BORDER - 1
    apart = np.abs(np.arange(len(place)) - row)
    elsewhere = place[apart > 2].max()
    otherwise = place[row, np.abs(shifts - shifts[shift]) > 2].max()
    if alike[(apart > 0) & (apart <= _BESIDE), shift].max() > _MOST_BESIDE * alike[row, shift]:
        return None  # a slanted edge
    if alike[apart > _BESIDE].max() > _ELSEWHERE * alike[row, shift]:
        return None  # a pattern
    if (rows[row + 1] == rows[row]).mean() > _UNMOVED:
        return None  # an edge between two drawn surfaces, each of one value
    equal = (np.diff(rows, axis=0) == 0).mean(axis=1)[(apart > 0) & (apart <= _AROUND)]
    if (rows[row + 1] == np.roll(rows[row], shifts[shift])).mean() < np.median(equal) - _EQUAL:
        return None  # something else begins here
    both = alike[row, shift] + 0.57 * alike_log[row, shift] + 0.30 * seam[row, shift] + 0.44 * seam_log[row, shift]
    return (int(row) + 1) * coarse if both - 0.10 * elsewhere - 0.16 * otherwise > _TORN else None


def _alike(rows: NDArray[np.float32], shifts: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return how much better two rows match after each shift, (height - 1, shifts): log, against the steps around."""
    steps = np.abs(np.diff(rows, axis=0))
    usual = _around(steps) + _NOISE
    now, now_log = np.minimum(steps / usual, _MOST).mean(axis=1), np.log(steps.mean(axis=1) + _NOISE)
    gain, gain_log = (np.empty((len(steps), len(shifts)), np.float32) for _ in range(2))
    for column, shift in enumerate(shifts):
        left = np.abs(rows[1:] - np.roll(rows[:-1], shift, axis=1))
        gain[:, column] = now - np.minimum(left / usual, _MOST).mean(axis=1)
        gain_log[:, column] = now_log - np.log(left.mean(axis=1) + _NOISE)
    return gain, gain_log


def _seams(rows: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return how much each column is an edge below each row but not above it, (height - 1, width - 1), like _alike."""
    steps = np.abs(np.diff(rows, axis=1))
    usual = _around(steps.T).T + _NOISE
    n_below = np.arange(len(rows) - 1, 0, -1, dtype=np.float32)[:, None]
    weight = np.minimum(1, np.sqrt(n_below / _FEW_ROWS))
    below, above = _halves(np.minimum(steps / usual, _MOST) - 1)
    below_log, above_log = (_beside(half) for half in _halves(steps))
    return (below - np.maximum(above, 0)) * weight, (below_log - np.maximum(above_log, 0)) * weight


def _halves(steps: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the columns' means below and above each row but the first."""
    above = np.cumsum(steps, axis=0)
    n_above = np.arange(1, len(steps), dtype=np.float32)[:, None]
    return (above[-1] - above[:-1]) / n_above[::-1], above[:-1] / n_above


def _beside(means: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the log of the ratio of each column's mean to the larger one of its neighbours."""
    wide = np.pad(means, ((0, 0), (1, 1)), "edge")
    return np.asarray(np.log((means + _NOISE) / (np.maximum(wide[:, :-2], wide[:, 2:]) + _NOISE)))


def _around(steps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean step of the three rows above and below, five columns wide; not of the row itself."""
    height, width = steps.shape
    wide = np.pad(steps, ((3, 3), (2, 2)), "symmetric")
    sums = np.sum([wide[:, column : column + width] for column in range(5)], axis=0)
    return np.asarray(np.sum([sums[row : row + height] for row in (0, 1, 2, 4, 5, 6)], axis=0) / np.float32(30))
