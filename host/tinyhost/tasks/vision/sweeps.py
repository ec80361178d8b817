"""Conditions for pictures: light, blur, noise."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.tasks.sweeps import Sweep

__all__ = ["PICTURE_SWEEPS"]

_SIDE = 96


def _light(pixels: NDArray[Any], times: float, _: np.random.Generator) -> NDArray[Any]:
    return np.clip(np.rint(pixels * times), 0, 255)


def _blur(pixels: NDArray[Any], sigma: float, _: np.random.Generator) -> NDArray[Any]:
    import cv2

    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma * min(pixels.shape) / _SIDE))


def _noise(pixels: NDArray[Any], sigma: float, rng: np.random.Generator) -> NDArray[Any]:
    return np.clip(np.rint(pixels + sigma * rng.standard_normal(pixels.shape)), 0, 255)


PICTURE_SWEEPS = (
    Sweep(
        name="light",
        unit="times",
        about="grey levels times a factor, clipped at white",
        least=(0.7, 0.5, 0.35, 0.25, 0.12, 0.06),
        most=(1.4, 2.0, 2.8, 4.0, 8.0, 16.0),
        apply=_light,
        is_logarithmic=True,
    ),
    Sweep(
        name="blur",
        unit="pixels of 96",
        about="a Gaussian of this standard deviation, in pixels of a picture of 96x96",
        most=(0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0),
        apply=_blur,
    ),
    Sweep(
        name="noise",
        unit="grey levels",
        about="Gaussian noise of this standard deviation on each pixel",
        most=(5.0, 10.0, 20.0, 30.0, 45.0, 65.0, 90.0, 120.0),
        apply=_noise,
    ),
)
