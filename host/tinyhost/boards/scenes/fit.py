"""Fitting any picture into a camera frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["cut_window", "fit_picture"]


def cut_window(shape: tuple[int, ...], width: int, height: int) -> tuple[int, int, int, int]:
    """Return (left, top, width, height) of the crop that `fit_picture` takes from a picture of shape (h, w)."""
    have_height, have_width = shape
    if (have_width, have_height) == (width, height):
        return 0, 0, width, height
    cut_width = min(have_width, max(1, round(have_height * width / height)))
    cut_height = min(have_height, max(1, round(have_width * height / width)))
    return (have_width - cut_width) // 2, (have_height - cut_height) // 2, cut_width, cut_height


def fit_picture(picture: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Return a grayscale picture as (height, width).

    picture: (h, w). A picture of exactly this size is returned unchanged; otherwise its centre, cropped to the aspect
    ratio, is resized by area (OpenCV's INTER_AREA).
    """
    import cv2

    if picture.shape == (height, width):
        return picture
    left, top, cut_width, cut_height = cut_window(picture.shape, width, height)
    cut = picture[top : top + cut_height, left : left + cut_width]
    return np.asarray(cv2.resize(cut, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
