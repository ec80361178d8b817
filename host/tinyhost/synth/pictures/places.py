"""Backgrounds: rooms, corridors, streets, gardens and plain clutter, as (CANVAS, CANVAS) tones."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tinyhost.synth.pictures.canvas import CANVAS, cloth_texture, grid, noise

__all__ = ["random_place"]

Tones = NDArray[np.float32]


def random_place(rng: np.random.Generator) -> Tones:
    """Return a random background, about 0..255, (CANVAS, CANVAS)."""
    makers = (_room, _corridor, _street, _garden, _clutter)
    maker = makers[int(rng.choice(len(makers), p=(0.38, 0.14, 0.16, 0.2, 0.12)))]
    grain = noise(rng, (24, CANVAS), (rng.uniform(0, 6), rng.uniform(0, 7)))
    return maker(rng) + grain


def _fill(tones: Tones, points: list[tuple[float, float]], tone: float) -> None:
    cv2.fillPoly(tones, [np.rint(np.asarray(points)).astype(np.int32)], float(tone))


def _box(tones: Tones, box: tuple[float, float, float, float], tone: float) -> None:
    """Fill a rectangle. box: left, top, width, height."""
    x, y, w, h = box
    _fill(tones, [(x, y), (x + w, y), (x + w, y + h), (x, y + h)], tone)


def _gradient(rng: np.random.Generator, tone: float, spread: float = 40) -> Tones:
    x, y = grid()
    dx, dy = (rng.normal(0, spread / CANVAS) for _ in range(2))
    result: Tones = x * dx + (y * dy + (tone - (dx + dy) * CANVAS / 2))
    return result


def _floor(rng: np.random.Generator, tones: Tones, horizon: float) -> None:
    """Put a floor with boards or tiles in perspective below the horizon."""
    x, y = grid()
    depth = 1 / np.maximum(y - horizon + 6, 1) * CANVAS
    across = (x - rng.uniform(0, CANVAS)) * depth / CANVAS
    floor = _gradient(rng, rng.uniform(30, 210))
    kind = rng.integers(4)
    if kind > 0:
        step = rng.uniform(0.3, 1.2)
        boards = (across / step) % 1 < rng.uniform(0.04, 0.5)
        if kind == 2:
            boards ^= (depth * 2 / step) % 2 < 1
        floor += boards * rng.uniform(-45, 45)
    tones[y > horizon] = floor[y > horizon]


def _room(rng: np.random.Generator) -> Tones:
    """Return a wall with furniture-like things on it, over a floor."""
    tones = _gradient(rng, rng.uniform(40, 230))
    if rng.random() < 0.4:
        tones += cloth_texture(rng) * rng.uniform(0.1, 0.7)
    horizon = rng.uniform(0.5, 1.2) * CANVAS
    if rng.random() < 0.35:  # a corner of the room
        edge = rng.uniform(0, CANVAS)
        slope = rng.normal(0, 0.25) * CANVAS
        side = [(edge, 0), (edge, CANVAS), (CANVAS, CANVAS + slope), (CANVAS, 0)]
        mask = np.zeros((CANVAS, CANVAS), np.float32)
        _fill(mask, side, 1)
        tones += mask * rng.uniform(-50, 50)
    for _ in range(int(rng.integers(0, 5))):
        maker = (_window, _door, _shelf, _frame, _curtain)[int(rng.integers(5))]
        maker(rng, tones, horizon)
    if horizon < CANVAS:
        if rng.random() < 0.5:
            _box(tones, (0, horizon - 6, CANVAS, 6), rng.uniform(20, 240))
        _floor(rng, tones, horizon)
    return tones


def _window(rng: np.random.Generator, tones: Tones, horizon: float) -> None:
    w, h = rng.uniform(0.15, 0.5, 2) * CANVAS
    x, y = rng.uniform(-0.2, 0.9) * CANVAS, rng.uniform(-0.1, 0.4) * CANVAS
    rim = rng.uniform(2, 6)
    _box(tones, (x - rim, y - rim, w + 2 * rim, h + 2 * rim), rng.uniform(20, 230))
    _box(tones, (x, y, w, h), float(rng.choice([rng.uniform(180, 260), rng.uniform(10, 120)])))
    bar = rng.uniform(20, 230)
    for i in range(1, int(rng.integers(1, 4))):
        _box(tones, (x + w * i / 3, y, 2.5, h), bar)
    _box(tones, (x, y + h * rng.uniform(0.3, 0.7), w, 2.5), bar)


def _door(rng: np.random.Generator, tones: Tones, horizon: float) -> None:
    w = rng.uniform(0.18, 0.4) * CANVAS
    h = w * rng.uniform(1.8, 2.6)
    x, tone = rng.uniform(-0.1, 0.95) * CANVAS, rng.uniform(20, 235)
    bottom = min(horizon, CANVAS * 1.1)
    _box(tones, (x - 3, bottom - h - 3, w + 6, h + 3), tone + rng.uniform(-50, 50))
    _box(tones, (x, bottom - h, w, h), tone)
    for part in (0.08, 0.55):
        _box(tones, (x + w * 0.15, bottom - h * (1 - part), w * 0.7, h * 0.36), tone - 14)
    cv2.circle(tones, (int(x + w * 0.88), int(bottom - h * 0.48)), 3, 255 - tone, -1)


def _shelf(rng: np.random.Generator, tones: Tones, horizon: float) -> None:
    w, rows = rng.uniform(0.25, 0.8) * CANVAS, int(rng.integers(1, 5))
    x, y = rng.uniform(-0.2, 0.8) * CANVAS, rng.uniform(0, 0.4) * CANVAS
    gap = rng.uniform(0.1, 0.2) * CANVAS
    _box(tones, (x - 3, y, w + 6, rows * gap), rng.uniform(10, 120))
    for row in range(rows):
        shelf_y, at = y + (row + 1) * gap, x
        while at < x + w - 4:
            book_w, book_h = rng.uniform(3, 12), gap * rng.uniform(0.4, 0.9)
            if rng.random() < 0.85:
                _box(tones, (at, shelf_y - book_h, book_w - 1, book_h), rng.uniform(20, 240))
            at += book_w
        _box(tones, (x - 3, shelf_y, w + 6, 3), rng.uniform(60, 220))


def _frame(rng: np.random.Generator, tones: Tones, horizon: float) -> None:
    w, h = rng.uniform(0.08, 0.35, 2) * CANVAS
    x, y = rng.uniform(0, 0.9) * CANVAS, rng.uniform(0, 0.5) * CANVAS
    _box(tones, (x, y, w, h), rng.uniform(10, 245))
    _box(tones, (x + 3, y + 3, w - 6, h - 6), rng.uniform(10, 245))
    middle, radius = (int(x + w / 2), int(y + h / 2)), int(min(w, h) * rng.uniform(0.15, 0.45))
    cv2.circle(tones, middle, max(radius, 1), float(rng.uniform(10, 245)), -1)


def _curtain(rng: np.random.Generator, tones: Tones, horizon: float) -> None:
    left = int(rng.uniform(-0.2, 0.9) * CANVAS)
    right = min(left + int(rng.uniform(0.1, 0.4) * CANVAS), CANVAS)
    left = max(left, 0)
    folds = np.sin(grid()[0][:, left:right] * rng.uniform(0.2, 0.8)) * rng.uniform(5, 35)
    tones[:, left:right] = rng.uniform(40, 220) + folds


def _corridor(rng: np.random.Generator) -> Tones:
    """Return lines and panels that run to a vanishing point."""
    tones = np.full((CANVAS, CANVAS), rng.uniform(60, 220), np.float32)
    vx, vy = rng.uniform(0.3, 0.7, 2) * CANVAS
    corners = [(-40.0, -40.0), (CANVAS + 40.0, -40.0), (CANVAS + 40.0, CANVAS + 40.0), (-40.0, CANVAS + 40.0)]
    for i in range(4):
        _fill(tones, [corners[i], corners[(i + 1) % 4], (vx, vy)], rng.uniform(40, 240))
    for i in range(4):
        tone, n_lines = rng.uniform(20, 250), int(rng.integers(0, 5))
        a, b = np.asarray(corners[i]), np.asarray(corners[(i + 1) % 4])
        for share in rng.uniform(0, 1, n_lines):
            p, width = a + (b - a) * share, rng.uniform(4, 22)
            _fill(tones, [(p[0], p[1]), (p[0] + width, p[1] + width * 0.3), (vx, vy)], tone)
    end = rng.uniform(0.06, 0.3) * CANVAS
    _box(tones, (vx - end, vy - end, 2 * end, 2 * end), rng.uniform(20, 250))
    return tones


def _street(rng: np.random.Generator) -> Tones:
    """Return houses with rows of windows under a sky, over a road."""
    tones = _gradient(rng, rng.uniform(120, 240), 60)
    horizon = rng.uniform(0.45, 0.95) * CANVAS
    x = rng.uniform(-0.3, 0) * CANVAS
    while x < CANVAS:
        w, top = rng.uniform(0.2, 0.7) * CANVAS, horizon - rng.uniform(0.15, 0.9) * CANVAS
        wall = rng.uniform(30, 210)
        _box(tones, (x, top, w, horizon - top), wall)
        step, pane = rng.uniform(10, 26), rng.uniform(10, 250)
        if rng.random() < 0.75:
            for wy in np.arange(top + step * 0.4, horizon - step * 0.6, step):
                for wx in np.arange(x + step * 0.4, x + w - step * 0.6, step):
                    _box(tones, (float(wx), float(wy), step * 0.45, step * 0.6), pane)
        x += w * rng.uniform(0.8, 1.5)
    _floor(rng, tones, horizon)
    return tones


def _garden(rng: np.random.Generator) -> Tones:
    """Return sky, foliage, trunks and grass, all made of noise."""
    tones = _gradient(rng, rng.uniform(120, 245), 50)
    _, y = grid()
    leaves = rng.uniform(30, 130) + noise(rng, (9, 28, 90), rng.uniform(8, 30, 3).tolist())
    edge = rng.uniform(-0.3, 0.8) * CANVAS + noise(rng, (5, 14), (26, 9))
    tones = np.where(y > edge, leaves, tones).astype(np.float32)
    for _ in range(int(rng.integers(0, 4))):
        x, w = rng.uniform(0, CANVAS), rng.uniform(3, 20)
        bend, tone = rng.normal(0, 14), rng.uniform(20, 200)
        _fill(tones, [(x, 0), (x + w, 0), (x + w + bend, CANVAS), (x + bend - w * 0.3, CANVAS)], tone)
    ground = rng.uniform(0.55, 1.1) * CANVAS
    grass = rng.uniform(50, 190) + noise(rng, (20, 96), rng.uniform(4, 22, 2).tolist())
    return np.where(y > ground + edge * 0.06, grass, tones).astype(np.float32)


def _clutter(rng: np.random.Generator) -> Tones:
    """Return a gradient with textures and random flat shapes."""
    tones = _gradient(rng, rng.uniform(30, 220), 90)
    tones += noise(rng, (3, 7, 17, 40), rng.uniform(0, 28, 4).tolist())
    if rng.random() < 0.5:
        tones += cloth_texture(rng)
    for _ in range(int(rng.integers(0, 14))):
        middle = rng.uniform(0, CANVAS, 2)
        points = middle + rng.normal(0, rng.uniform(6, 40), (int(rng.integers(3, 7)), 2))
        cv2.fillConvexPoly(tones, cv2.convexHull(np.rint(points).astype(np.int32)), float(rng.uniform(0, 255)))
    return tones
