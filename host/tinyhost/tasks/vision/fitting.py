"""Pictures cropped and scaled to a board's frame, with the boxes of their objects."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tinyhost.boards.scenes import cut_window, fit_picture
from tinyhost.datasets.boxes import Box

__all__ = ["SIDE", "Fitted", "fitted"]

SIDE = 96
"""side of the square for a picture that is too large"""
_MAX_SIDE = 2048  # kMaxPictureSide of firmware/lib/vision/include/vision/picture.h


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A picture that fits a board's frame."""

    pixels: NDArray[np.uint8]
    """(height, width)"""
    left: float = 0.0
    """of the crop in the original picture"""
    top: float = 0.0
    scale_x: float = 1.0
    """pixels of the fitted picture per pixel of the original"""
    scale_y: float = 1.0

    def placed(self, box: Box) -> Box:
        """Return an object's box in the fitted picture."""
        return replace(
            box,
            x=(box.x - self.left) * self.scale_x,
            y=(box.y - self.top) * self.scale_y,
            width=box.width * self.scale_x,
            height=box.height * self.scale_y,
        )


def fitted(pixels: NDArray[np.uint8], frame_bytes: int) -> Fitted:
    """Return a picture that fits a board's frame: unchanged, or cropped and scaled to 96x96 as a scene does."""
    if pixels.size <= frame_bytes and max(pixels.shape) <= _MAX_SIDE:
        return Fitted(pixels=pixels)
    left, top, width, height = cut_window(pixels.shape, SIDE, SIDE)
    return Fitted(
        pixels=fit_picture(pixels, SIDE, SIDE), left=left, top=top, scale_x=SIDE / width, scale_y=SIDE / height
    )
