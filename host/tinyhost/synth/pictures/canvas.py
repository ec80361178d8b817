"""A drawing surface for shaded, textured shapes, composed onto a background.

Everything is drawn at `SUPERSAMPLING` times the final size and reduced at the end. Coordinates are
canvas pixels (x right, y down); tones are grey levels 0..255.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = [
    "CANVAS",
    "PICTURE_SIZE",
    "Layer",
    "Paint",
    "Point",
    "Texture",
    "Tones",
    "cloth_texture",
    "compose",
    "grid",
    "noise",
]

PICTURE_SIZE = 96
SUPERSAMPLING = 2
CANVAS = PICTURE_SIZE * SUPERSAMPLING

Point = tuple[float, float]
Tones = NDArray[np.float32]
Picture = NDArray[np.uint8]
Texture = Callable[[np.random.Generator], Tones]

_SUBPIXEL_BITS = 3
_TILT = 0.06  # how far a corner of a layer may move, as a fraction of the canvas
_ARC = np.linspace(-np.pi / 2, np.pi / 2, 7)


@dataclass(frozen=True, kw_only=True)
class Paint:
    """The fill of a shape: its mean tone, its material (key of the texture), its roundness.

    contrast: grey levels between the lit middle and the shaded rim; 0 draws a flat shape.
    """

    tone: float
    material: int = 1
    contrast: float = 24.0


@lru_cache(maxsize=1)
def grid() -> tuple[Tones, Tones]:
    """Return the x and the y coordinate of every canvas pixel, each (CANVAS, CANVAS)."""
    axis = np.arange(CANVAS, dtype=np.float32)
    x, y = np.meshgrid(axis, axis)
    return x, y


def noise(rng: np.random.Generator, cells: Sequence[int], gains: Sequence[float]) -> Tones:
    """Return a (CANVAS, CANVAS) sum of smooth noise octaves, zero mean.

    cells: cells per side of each octave; gains: its standard deviation in grey levels.
    """
    total = np.zeros((CANVAS, CANVAS), np.float32)
    for n_cells, gain in zip(cells, gains, strict=True):
        coarse = rng.standard_normal((n_cells, n_cells), dtype=np.float32)
        total += np.asarray(cv2.resize(coarse * gain, (CANVAS, CANVAS), interpolation=cv2.INTER_LINEAR), np.float32)
    return total


def cloth_texture(rng: np.random.Generator) -> Tones:
    """Return a random additive texture: plain weave, stripes, checks or blotches."""
    kind = rng.choice(5, p=(0.35, 0.25, 0.12, 0.18, 0.1))
    strength = rng.uniform(6, 34)
    if kind == 0:
        return np.zeros((CANVAS, CANVAS), np.float32)
    if kind == 1:
        return noise(rng, (int(rng.integers(40, CANVAS)),), (strength * 0.5,))
    if kind == 2:
        return noise(rng, (int(rng.integers(8, 30)), 60), (strength * 0.7, strength * 0.3))
    x, y = grid()
    angle = (0.0, math.pi / 2, rng.uniform(0, math.pi))[int(rng.integers(3))]
    rate = 2 * math.pi / rng.uniform(5, 26)
    cos, sin = math.cos(angle) * rate, math.sin(angle) * rate
    wave = np.sin(x * cos + y * sin)
    if kind == 4:
        wave = 0.5 * wave + 0.5 * np.sin(y * cos - x * sin)
    sharp = np.clip(wave * rng.uniform(1, 4), -1.0, 1.0) * strength
    return sharp.astype(np.float32, copy=False)


def _levels(radius_px: float) -> list[tuple[float, float]]:
    """Return (shrink, gain) of the nested fills that shade a shape: more of them, the larger it is."""
    n_levels = int(np.clip(radius_px / 4, 2, 7))
    return [(math.cos(0.5 * math.pi * step / n_levels), 1.2 * step / (n_levels - 1) - 0.6) for step in range(n_levels)]


class Layer:
    """The tones and materials of shapes drawn so far; material 0 is see-through.

    light: direction that the light comes from, as a fraction of a shape's radius.
    """

    def __init__(self, light: Point = (-0.3, -0.3)) -> None:
        self.tone: Picture = np.zeros((CANVAS, CANVAS), np.uint8)
        self.material: Picture = np.zeros((CANVAS, CANVAS), np.uint8)
        self.light = np.asarray(light, np.float64)

    def _fill(self, points: NDArray[np.float64], tone: float, material: int | None) -> None:
        fixed = np.rint(points * (1 << _SUBPIXEL_BITS)).astype(np.int32)
        level = min(max(float(tone), 2.0), 253.0)
        cv2.fillPoly(self.tone, [fixed], level, cv2.LINE_8, _SUBPIXEL_BITS)
        if material is not None:
            cv2.fillPoly(self.material, [fixed], float(material), cv2.LINE_8, _SUBPIXEL_BITS)

    def polygon(self, points: Sequence[Point] | NDArray[np.float64], paint: Paint) -> None:
        """Draw a filled polygon, its middle lit and its rim shaded. points: (n, 2)."""
        outline = np.asarray(points, np.float64)
        if paint.contrast == 0:
            self._fill(outline, paint.tone, paint.material)
            return
        middle = outline.mean(axis=0)
        radius = np.abs(outline - middle).mean(axis=0)
        for shrink, gain in _levels(float(radius.mean())):
            inner = middle + (outline - middle) * shrink + self.light * radius * (1 - shrink)
            material = paint.material if shrink == 1.0 else None
            self._fill(inner, paint.tone + paint.contrast * gain, material)

    def capsule(self, a: Point, b: Point, radius_a: float, radius_b: float, paint: Paint) -> None:
        """Draw a tapered bar with round ends from a to b, shaded across."""
        heading = np.arctan2(b[1] - a[1], b[0] - a[0])
        cap_a = np.stack([np.cos(heading + np.pi + _ARC), np.sin(heading + np.pi + _ARC)], axis=1)
        cap_b = np.stack([np.cos(heading + _ARC), np.sin(heading + _ARC)], axis=1)
        widest = max(radius_a, radius_b)
        for shrink, gain in _levels(widest) if paint.contrast else ((1.0, 0.0),):
            offset = self.light * widest * (1 - shrink)
            outline = np.concatenate(
                [
                    np.asarray(a) + offset + cap_a * radius_a * shrink,
                    np.asarray(b) + offset + cap_b * radius_b * shrink,
                ]
            )
            material = paint.material if shrink == 1.0 else None
            self._fill(outline, paint.tone + paint.contrast * gain, material)

    def ellipse(self, middle: Point, radii: Point, paint: Paint, turn: float = 0.0) -> None:
        """Draw a filled ellipse turned by `turn` radians."""
        angle = np.linspace(0, 2 * np.pi, 20, endpoint=False)
        x, y = np.cos(angle) * radii[0], np.sin(angle) * radii[1]
        cos, sin = np.cos(turn), np.sin(turn)
        outline = np.stack([x * cos - y * sin + middle[0], x * sin + y * cos + middle[1]], axis=1)
        self.polygon(outline, paint)

    def line(self, points: Sequence[Point], width: float, tone: float) -> None:
        """Draw a thin line over what is there; it does not change the layer's outline."""
        fixed = np.rint(np.asarray(points) * (1 << _SUBPIXEL_BITS)).astype(np.int32)
        level = min(max(float(tone), 2.0), 253.0)
        thickness = max(1, round(width))
        cv2.polylines(self.tone, [fixed], False, level, thickness, cv2.LINE_8, shift=_SUBPIXEL_BITS)


def compose(
    background: Tones,
    layer: Layer,
    textures: Mapping[int, Texture],
    rng: np.random.Generator,
) -> Tones:
    """Return background with the layer over it: textured, lit, in perspective, with a soft shadow.

    textures: functions that create the texture of each material; only visible ones are called.
    """
    tones = layer.tone.astype(np.float32)
    in_sight = np.bincount(layer.material.ravel(), minlength=max(textures) + 1)
    for material, make_texture in textures.items():
        if in_sight[material]:
            tones += make_texture(rng) * (layer.material == material)
    alpha = (layer.material > 0).astype(np.float32)
    corners = np.array([[0, 0], [CANVAS, 0], [CANVAS, CANVAS], [0, CANVAS]], np.float32)
    moved = corners + rng.uniform(-_TILT, _TILT, (4, 2)).astype(np.float32) * CANVAS
    warp = np.asarray(cv2.getPerspectiveTransform(corners, moved), np.float64)
    tones, alpha = _warped(tones, warp), _warped(alpha, warp)
    x, y = grid()
    slope_x, slope_y = (rng.normal(0, 0.22 / CANVAS) for _ in range(2))
    light = x * slope_x + (y * slope_y + (1 - (slope_x + slope_y) * CANVAS / 2))
    behind = background * _soft_shadow(alpha, rng)
    result = behind + (tones * light - behind) * alpha
    return result.astype(np.float32, copy=False)


def _warped(tones: Tones, warp: NDArray[np.floating]) -> Tones:
    """Return tones in the perspective of a 3x3 matrix; pixels from outside repeat the edge."""
    moved = cv2.warpPerspective(tones, warp, (CANVAS, CANVAS), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return moved.astype(np.float32, copy=False)


def _soft_shadow(alpha: Tones, rng: np.random.Generator) -> Tones:
    """Return factors 0..1 that darken the background behind and below the layer."""
    small = cv2.resize(alpha, (24, 24), interpolation=cv2.INTER_AREA)
    move = np.array([[1, 0, rng.uniform(-2.5, 2.5)], [0, 1, rng.uniform(0, 1.5)]], np.float32)
    small = cv2.GaussianBlur(cv2.warpAffine(small, move, (24, 24)), (0, 0), rng.uniform(0.8, 2))
    large = cv2.resize(small, (CANVAS, CANVAS), interpolation=cv2.INTER_LINEAR)
    factors: Tones = 1 - large * rng.uniform(0, 0.45)
    return factors
