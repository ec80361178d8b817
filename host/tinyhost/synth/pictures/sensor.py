"""The simulation of a small camera: optics, exposure, noise, 8-bit grey levels."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tinyhost.synth.pictures.canvas import PICTURE_SIZE

__all__ = ["expose"]


def expose(scene: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return the picture that a cheap sensor takes of a scene.

    scene: (CANVAS, CANVAS) tones, about 0..255. Returns (96, 96).
    Blur, vignetting, gain, offset, gamma, mirror and noise are random.
    """
    small = cv2.resize(scene, (PICTURE_SIZE, PICTURE_SIZE), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.7:
        small = cv2.GaussianBlur(small, (0, 0), rng.uniform(0.3, 1.1))
    if rng.random() < 0.1:
        small = _motion_blur(small, rng)
    axis = np.linspace(-1, 1, PICTURE_SIZE, dtype=np.float32)
    falloff = 1 - rng.uniform(0, 0.3) * (axis[:, None] ** 2 + axis[None, :] ** 2) / 2
    dark, bright = np.percentile(np.asarray(small, np.float32), (1, 99))
    if rng.random() < 0.3 or bright - dark < 40:  # else automatic exposure
        dark, bright = 0.0, 255.0
    low, high = rng.uniform(-10, 40), rng.uniform(190, 275)
    span = max(float(bright - dark), 1.0)
    tones = np.clip((small * falloff - float(dark)) / span, 0, 1.05) ** rng.uniform(0.65, 1.4)
    tones = low + tones * (high - low)
    tones += rng.standard_normal(tones.shape, dtype=np.float32) * rng.uniform(0.3, 7)
    if rng.random() < 0.5:
        tones = tones[:, ::-1]
    picture: NDArray[np.uint8] = np.clip(np.rint(tones), 0, 255).astype(np.uint8)
    return picture


def _motion_blur(picture: Any, rng: np.random.Generator) -> NDArray[np.float32]:
    length = int(rng.integers(3, 6))
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2, :] = 1 / length
    blurred = cv2.filter2D(picture, -1, kernel if rng.random() < 0.5 else kernel.T)
    return blurred.astype(np.float32, copy=False)
