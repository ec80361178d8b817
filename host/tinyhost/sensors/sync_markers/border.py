"""A picture's mark: a row of cells above it and one below, black or white, that spell its number.

The upper row has a white and a black cell, eight bits of the number and two of parity; the lower one is its inverse, so
that half a picture has no valid mark. A cell of a 96 x 96 picture has 8 x 8 pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

__all__ = ["N_NUMBERS", "BorderMarker", "draw_border", "inside", "read_border"]

N_NUMBERS = 256
_N_CELLS = 12
_MIN_SIDE = 4 * _N_CELLS
_MIN_CONTRAST = 24.0
"""least grey levels between black and white cells, above a sensor's noise in the dark"""
_MIN_MARGIN = 0.25
"""least distance of a cell from mid-grey, of half the contrast"""
_SHIFTS = (0.0, -0.25, 0.25, -0.5, 0.5)
"""misalignment of the camera, in cells, that is tolerated"""
_SCALES = (1.0, 0.96, 1.04, 0.92, 1.08)
_PLACES = np.array(list(product(_SCALES, _SHIFTS, _SHIFTS)))


@dataclass(frozen=True, kw_only=True)
class BorderMarker:
    """The mark found in a picture."""

    number: int
    black: float
    """grey level of black cells, 0 to 255"""
    white: float
    margin: float
    """0 to 1: distance of the least clear cell from mid-grey"""

    @property
    def contrast(self) -> float:
        """Grey levels between black and white."""
        return self.white - self.black


def inside(shape: tuple[int, int]) -> slice:
    """Return the rows of a marked picture of this shape, (h, w), without its mark."""
    cell = _cell_rows(shape[0])
    return slice(cell, shape[0] - cell)


def draw_border(picture: NDArray[np.uint8], number: int) -> NDArray[np.uint8]:
    """Return the picture, (h, w), with a mark over its first and last rows. number: 0 to 255.

    Raises ValueError for a picture without room for it, and for another number.
    """
    height, width = picture.shape
    if min(picture.shape) < _MIN_SIDE or not 0 <= number < N_NUMBERS:
        raise ValueError(f"expected at least {_MIN_SIDE} x {_MIN_SIDE} pixels and a number below {N_NUMBERS}")
    row = np.repeat(_code(number), _widths(width))
    rows = _cell_rows(height)
    marked = picture.copy()
    marked[:rows] = np.where(row, 255, 0)
    marked[height - rows :] = np.where(row, 0, 255)
    return marked


def read_border(frame: NDArray[np.uint8]) -> BorderMarker | None:
    """Return the mark in a frame, (h, w); None if there is none, or if it is torn, too dark or unclear.

    The frame may differ from the picture in size and brightness, and be moved by up to half a cell.
    """
    if frame.ndim != 2 or min(frame.shape) < _MIN_SIDE:
        return None
    sums = np.zeros((frame.shape[0] + 1, frame.shape[1] + 1))
    sums[1:, 1:] = frame.cumsum(axis=0, dtype=np.float64).cumsum(axis=1)
    return next((mark for cells in _cells(sums) if (mark := _decoded(cells)) is not None), None)


def _code(number: int) -> NDArray[np.bool_]:
    """Return the white cells of the upper row, (12,) flags."""
    bits = [bool(number >> place & 1) for place in range(7, -1, -1)]
    return np.array([True, False, *bits, sum(bits[::2]) % 2 == 1, sum(bits[1::2]) % 2 == 1])


_CODES = np.array([_code(number) for number in range(N_NUMBERS)])


def _widths(width: int) -> NDArray[np.int64]:
    edges = np.round(np.arange(_N_CELLS + 1) * width / _N_CELLS).astype(np.int64)
    return np.diff(edges)


def _cell_rows(height: int) -> int:
    return round(height / _N_CELLS)


def _cells(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean grey of the middle of each cell where a mark may be, (n, 2, 12), above and below.

    sums: the frame's integral. Positions without contrast are left out.
    """
    height, width = sums.shape[0] - 1, sums.shape[1] - 1
    scale, down, right = _PLACES.T[:, :, None]
    size_y, size_x = height * scale / _N_CELLS, width * scale / _N_CELLS
    middle_y = height / 2 + (down + np.array([-(_N_CELLS - 1) / 2, (_N_CELLS - 1) / 2])) * size_y
    middle_x = width / 2 + (right + np.arange(_N_CELLS) - (_N_CELLS - 1) / 2) * size_x
    (top, bottom), (left, end) = _span(middle_y, size_y, height), _span(middle_x, size_x, width)
    top, bottom, left, end = top[:, :, None], bottom[:, :, None], left[:, None, :], end[:, None, :]
    total = sums[bottom, end] - sums[top, end] - sums[bottom, left] + sums[top, left]
    cells = total / ((bottom - top) * (end - left))
    contrast = cells[:, 0, 0] + cells[:, 1, 1] - cells[:, 0, 1] - cells[:, 1, 0]
    return np.asarray(cells[contrast >= 2 * _MIN_CONTRAST])


def _span(
    middle: NDArray[np.float64], size: NDArray[np.float64], limit: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return begin and end of the middle half of each cell, inside the frame and not empty."""
    begin = np.clip(np.round(middle - size / 4), 0, limit - 1).astype(np.int64)
    end = np.clip(np.round(middle + size / 4), 1, limit).astype(np.int64)
    return begin, np.maximum(end, begin + 1)


def _decoded(cells: NDArray[np.float64]) -> BorderMarker | None:
    """Return the mark of cells, (2, 12), if they are one."""
    above, below = cells
    white, black = (above[0] + below[1]) / 2, (above[1] + below[0]) / 2
    half = (white - black) / 2
    middle = (white + black) / 2
    away = np.stack([above - middle, middle - below]) / half
    bits = away[0] > 0
    margin = float(np.abs(away).min())
    if margin < _MIN_MARGIN or not np.array_equal(bits, away[1] > 0):
        return None
    number = int(np.packbits(bits[2:10])[0])
    if not np.array_equal(bits, _CODES[number]):
        return None
    return BorderMarker(number=number, black=float(black), white=float(white), margin=min(1.0, margin))
