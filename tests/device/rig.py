"""Pictures and small models for tests and the soak."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tinyhost.compiler import compile_tflite
from tinyhost.compiler.image_format import Task

from tests.oracle.builder import ModelBuilder

__all__ = ["SIDE", "make_pictures", "small_model"]

SIDE = 96
_WIDTH = 40


def make_pictures(folder: Path, n_pictures: int) -> list[NDArray[np.uint8]]:
    """Write different pictures of noise, and return them in the order of the scene."""
    random = np.random.default_rng(1)
    pictures = [random.integers(0, 256, (SIDE, SIDE), dtype=np.uint8) for _ in range(n_pictures)]
    folder.mkdir(parents=True, exist_ok=True)
    for number, picture in enumerate(pictures):
        cv2.imwrite(str(folder / f"{number:03}.png"), picture)
    return pictures


def small_model(seed: int) -> bytes:
    """Return a model image of three fully connected layers, about 5 kB, different for each seed."""
    random = np.random.default_rng(seed)
    builder = ModelBuilder()
    first = tensor = builder.tensor([1, _WIDTH], scale=0.05)
    for _ in range(3):
        weights = builder.tensor(
            [_WIDTH, _WIDTH], scale=0.02, data=random.integers(-127, 128, (_WIDTH, _WIDTH), dtype=np.int8)
        )
        bias = builder.tensor(
            [_WIDTH], dtype="int32", scale=0.001, data=random.integers(-999, 1000, _WIDTH, dtype=np.int32)
        )
        output = builder.tensor([1, _WIDTH], scale=0.1, zero_point=3)
        tensor = builder.operator("FULLY_CONNECTED", [tensor, weights, bias], output)
    return compile_tflite(builder.build([first], [tensor]), name=f"small {seed}", task=Task.GENERIC).image
