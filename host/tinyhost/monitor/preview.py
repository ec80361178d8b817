"""Pictures in a terminal: two pixels in each character cell."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.style import Style
from rich.text import Text

__all__ = ["half_blocks"]

_UPPER_HALF = "▀"


def half_blocks(pixels: NDArray[np.uint8], columns: int, rows: int) -> Text:
    """Return a grey picture as text of at most `columns` x `rows` cells, its proportions kept.

    pixels: (height, width). A cell is taken as twice as high as wide, so it shows two pixels: the upper as the
    foreground of a half block, the lower as its background.
    """
    height, width = pixels.shape
    scale = min(columns / width, 2 * rows / height)
    n_columns = max(1, min(columns, round(width * scale)))
    n_rows = max(1, min(rows, round(height * scale / 2)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(pixels, (n_columns, 2 * n_rows), interpolation=method)
    text = Text(no_wrap=True, end="")
    for row in range(n_rows):
        if row:
            text.append("\n")
        for upper, lower in zip(small[2 * row].tolist(), small[2 * row + 1].tolist(), strict=True):
            text.append(_UPPER_HALF, _style(upper & 0xFC, lower & 0xFC))
    return text


_STYLES: dict[tuple[int, int], Style] = {}


def _style(upper: int, lower: int) -> Style:
    """Return the style of a cell; 64 grey levels each, so that there are few enough to keep."""
    style = _STYLES.get((upper, lower))
    if style is None:
        style = Style(color=f"#{upper:02x}{upper:02x}{upper:02x}", bgcolor=f"#{lower:02x}{lower:02x}{lower:02x}")
        _STYLES[upper, lower] = style
    return style
