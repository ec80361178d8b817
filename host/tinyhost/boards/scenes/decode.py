"""Picture files, which may come from anybody."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["PICTURE_SUFFIXES", "decode_picture"]

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".pgm", ".webp")


def decode_picture(data: bytes) -> NDArray[np.uint8] | None:
    """Return a picture file's grey levels, (height, width); colours are converted.

    None if it is none, or has more pixels than OPENCV_IO_MAX_IMAGE_PIXELS, which tinyhost.cli.main sets.
    """
    import cv2

    if not data:
        return None
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    except cv2.error:  # larger than the limit, by its header
        return None
    return None if pixels is None else np.asarray(pixels, np.uint8)
