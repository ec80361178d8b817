"""Heads: skull, face, hair, hat, glasses and beard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinyhost.synth.pictures.canvas import Layer, Paint, Point
from tinyhost.synth.pictures.looks import HAIR, SKIN, Looks

__all__ = ["Head", "draw_head"]

_SMALLEST_FACE_PX = 7.0


@dataclass(frozen=True, kw_only=True)
class Head:
    """A head on the canvas. middle and radii in canvas pixels; yaw and turn in radians.

    yaw: 0 looks at the camera, pi away from it. turn: tilt in the picture plane.
    """

    middle: Point
    radii: Point
    yaw: float
    turn: float

    def at(self, x: float, y: float) -> Point:
        """Return the canvas pixel of a head point in units of the radii, y down."""
        dx, dy = x * self.radii[0], y * self.radii[1]
        cos, sin = np.cos(self.turn), np.sin(self.turn)
        return (
            float(self.middle[0] + dx * cos - dy * sin),
            float(self.middle[1] + dx * sin + dy * cos),
        )


def draw_head(layer: Layer, head: Head, looks: Looks) -> None:
    """Draw one head: skull, then face if it looks this way, then hair and hat."""
    skin = Paint(tone=looks.skin, material=SKIN, contrast=looks.contrast)
    hair = Paint(tone=looks.hair, material=HAIR, contrast=looks.contrast * 0.6)
    rx, ry = head.radii
    layer.ellipse(head.middle, head.radii, skin, head.turn)
    seen = float(np.cos(head.yaw))
    if seen < -0.3:
        layer.ellipse(head.at(0, -0.1), (rx * 1.08, ry), hair, head.turn)
    else:
        if rx > _SMALLEST_FACE_PX:
            _draw_face(layer, head, looks)
        if looks.hair_style > 0:
            _draw_hair(layer, head, hair)
    if looks.hat:
        _draw_hat(layer, head, looks)


def _draw_hair(layer: Layer, head: Head, hair: Paint) -> None:
    away = float(np.sin(head.yaw))
    brow = -0.42
    outline = [head.at(np.cos(a) * 1.1, -0.15 + np.sin(a) * 1.0) for a in np.linspace(np.pi, 2 * np.pi, 9)]
    fringe = [
        head.at(1.06 - 0.1 * max(away, 0), 0.15 - 0.3 * max(away, 0)),
        head.at(0.8 + 0.1 * away, brow + 0.05),
        head.at(0.25 + 0.5 * away, brow - 0.18),
        head.at(-0.3 + 0.5 * away, brow - 0.08),
        head.at(-0.8 + 0.1 * away, brow + 0.05),
        head.at(-1.06 - 0.1 * min(away, 0), 0.15 + 0.3 * min(away, 0)),
    ]
    layer.polygon(outline + fringe, hair)


def _draw_face(layer: Layer, head: Head, looks: Looks) -> None:
    rx = head.radii[0]
    shift = float(np.sin(head.yaw)) * 0.55
    near = 0.5 + 0.5 * float(np.cos(head.yaw))
    dark = looks.skin * 0.45
    ink = Paint(tone=dark, material=SKIN, contrast=0)
    socket = Paint(tone=looks.skin * 0.78, material=SKIN, contrast=0)
    brow = Paint(tone=min(looks.hair, dark), material=SKIN, contrast=0)
    for side in (-1, 1):
        x = shift + side * 0.38 * near
        if abs(x) > 0.88:
            continue
        layer.ellipse(head.at(x, -0.06), (rx * 0.24, rx * 0.2), socket, head.turn)
        layer.ellipse(head.at(x, -0.04), (rx * 0.13, rx * 0.1), ink, head.turn)
        layer.capsule(head.at(x - 0.2, -0.25), head.at(x + 0.2, -0.25), rx * 0.05, rx * 0.05, brow)
    if looks.beard:
        beard = Paint(tone=looks.hair, material=HAIR, contrast=4)
        chin = [(-0.85, 0.2), (-0.4, 0.42), (0.4, 0.42), (0.85, 0.2), (0.6, 0.75), (0, 1.05), (-0.6, 0.75)]
        layer.polygon([head.at(x + shift * 0.3, y) for x, y in chin], beard)
    nose = Paint(tone=looks.skin * 0.8, material=SKIN, contrast=0)
    nostril = [(shift * 1.25, -0.08), (shift * 1.3 + 0.16, 0.3), (shift * 1.3 - 0.1, 0.32)]
    layer.polygon([head.at(x, y) for x, y in nostril], nose)
    mouth = Paint(tone=looks.skin * 0.55, material=SKIN, contrast=0)
    layer.ellipse(head.at(shift, 0.56), (rx * 0.3 * near + 0.5, rx * 0.08), mouth, head.turn)
    if looks.glasses:
        for side in (-1, 1):
            x = shift + side * 0.38 * near
            frame = [head.at(x + 0.3 * np.cos(a), -0.04 + 0.22 * np.sin(a)) for a in np.linspace(0, 6.3, 9)]
            layer.line(frame, rx * 0.08, 25)


def _draw_hat(layer: Layer, head: Head, looks: Looks) -> None:
    hat = Paint(tone=255 - looks.hair, material=HAIR, contrast=looks.contrast)
    crown = [head.at(np.cos(a) * 1.12, -0.35 + np.sin(a) * 0.95) for a in np.linspace(np.pi, 2 * np.pi, 9)]
    layer.polygon(crown, hat)
    peak = 1.1 + 0.6 * float(np.sin(head.yaw))
    thick = 0.1 * head.radii[1]
    layer.capsule(head.at(-1.7 + 0.5 * peak, -0.36), head.at(peak, -0.33), thick, thick, hat)
