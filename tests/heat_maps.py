"""A heat map model that finds bright and dark spots, and pictures with such spots."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.oracle.builder import ModelBuilder

__all__ = ["CELL", "LABELS", "Spot", "edge_impulse_list", "spot_finder", "spots", "write_picture"]

CELL = 8
"""pixels of a cell's side"""
LABELS = ("bright", "dark")
_GREY, _LEVELS = 90, {"bright": 250, "dark": 3}
Spot = tuple[str, int, int, int, int]
"""label, x, y, width, height in pixels"""


def spot_finder(side: int = 96) -> bytes:
    """Return a .tflite from a (1, side, side, 1) picture to cells of 8 pixels: background, bright, dark."""
    cells = side // CELL
    b = ModelBuilder()
    x = b.tensor((1, side, side, 1), scale=1 / 255, zero_point=-128)
    mean = b.tensor((1, cells, cells, 1), scale=1 / 255, zero_point=-128)
    window = {"StrideH": CELL, "StrideW": CELL, "FilterHeight": CELL, "FilterWidth": CELL}
    b.operator("AVERAGE_POOL_2D", [x], mean, Padding=1, FusedActivationFunction=0, **window)
    slope = 20 / 127
    weights = b.tensor((3, 1, 1, 1), scale=slope, data=np.reshape([0, 127, -127], (3, 1, 1, 1)))
    offsets = np.round(np.array([0, -12, 4]) / (slope / 255)).astype(np.int32)
    bias = b.tensor((3,), dtype="int32", scale=slope / 255, data=offsets)
    logits = b.tensor((1, cells, cells, 3), scale=0.15, zero_point=0)
    plain = {"Padding": 1, "StrideH": 1, "StrideW": 1, "DilationHFactor": 1, "DilationWFactor": 1}
    b.operator("CONV_2D", [mean, weights, bias], logits, FusedActivationFunction=0, **plain)
    y = b.tensor((1, cells, cells, 3), scale=1 / 256, zero_point=-128)
    b.operator("SOFTMAX", [logits], y, Beta=1.0)
    return b.build([x], [y])


def spots(found: Sequence[Spot], side: int = 96) -> NDArray[np.uint8]:
    """Return a grey picture with bright and dark rectangles."""
    pixels = np.full((side, side), _GREY, np.uint8)
    for label, x, y, width, height in found:
        pixels[y : y + height, x : x + width] = _LEVELS[label]
    return pixels


def write_picture(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Write a picture as a PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels)


def edge_impulse_list(pictures: Mapping[str, Sequence[Spot]]) -> str:
    """Return a bounding_boxes.labels."""
    keys = ("label", "x", "y", "width", "height")
    boxes = {name: [dict(zip(keys, spot, strict=True)) for spot in found] for name, found in pictures.items()}
    return json.dumps({"version": 1, "type": "bounding-box-labels", "boundingBoxes": boxes})
