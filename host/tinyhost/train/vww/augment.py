"""Random changes to training pictures that keep their class."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["augment_batch"]


def augment_batch(pictures: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return pictures moved, zoomed, mirrored, relit, blurred and grained at random.

    pictures: (n, height, width) grey levels. Returns (n, height, width, 1) in [0, 1].
    """
    out = np.empty(pictures.shape, np.float32)
    for index, picture in enumerate(pictures):
        out[index] = _augment(picture, rng)
    return out[..., np.newaxis]


def _augment(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.float32]:
    height, width = picture.shape
    turn = float(np.clip(rng.normal(0, 5), -12, 12))
    zoom = rng.uniform(0.92, 1.22)
    move = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), turn, zoom), np.float64)
    move[:, 2] += rng.uniform(-0.06, 0.06, 2) * (width, height)
    if rng.random() < 0.5:
        move = move @ np.array([[-1, 0, width - 1], [0, 1, 0], [0, 0, 1]], np.float64)
    moved = cv2.warpAffine(picture, move, (width, height), borderMode=cv2.BORDER_REFLECT_101)
    tones: NDArray[np.float32] = moved.astype(np.float32) * np.float32(1 / 255)
    if rng.random() < 0.2:
        tones = cv2.GaussianBlur(tones, (0, 0), rng.uniform(0.4, 1.1)).astype(np.float32)
    middle = float(tones.mean())
    tones = (tones - middle) * rng.uniform(0.6, 1.4) + middle + rng.uniform(-0.15, 0.15)
    if rng.random() < 0.3:
        tones = tones + rng.standard_normal(tones.shape, np.float32) * rng.uniform(0, 0.04)
    if rng.random() < 0.25:
        _cover(tones, rng)
    clipped: NDArray[np.float32] = np.clip(tones, 0.0, 1.0).astype(np.float32, copy=False)
    return clipped


def _cover(tones: NDArray[np.float32], rng: np.random.Generator) -> None:
    """Put a small flat patch somewhere (DeVries and Taylor, "Cutout", 2017)."""
    height, width = tones.shape
    h, w = int(rng.integers(6, height // 4)), int(rng.integers(6, width // 4))
    top, left = int(rng.integers(0, height - h)), int(rng.integers(0, width - w))
    tones[top : top + h, left : left + w] = rng.random()
