"""Things that are not people, drawn with the same shading and textures as figures are.

Every maker draws one thing whose middle is at `at` and whose height is `size` canvas pixels.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinyhost.synth.pictures.canvas import Layer, Paint, Point

__all__ = ["THINGS", "random_thing"]

Maker = Callable[[Layer, np.random.Generator, Point, float], None]


def random_thing(layer: Layer, rng: np.random.Generator, at: Point, size: float) -> None:
    """Draw one random thing of the catalogue."""
    THINGS[int(rng.integers(len(THINGS)))](layer, rng, at, size)


def _paint(rng: np.random.Generator) -> Paint:
    material = int(rng.integers(1, 6))
    return Paint(tone=rng.uniform(15, 235), material=material, contrast=rng.uniform(8, 42))


def _lamp(layer: Layer, rng: np.random.Generator, at: Point, size: float) -> None:
    """A pole with a foot and a shade, round or tapered."""
    x, top, bottom = at[0], at[1] - size / 2, at[1] + size / 2
    pole, shade = _paint(rng), _paint(rng)
    w = size * rng.uniform(0.008, 0.025)
    layer.capsule((x, top), (x, bottom), w, w, pole)
    layer.ellipse((x, bottom), (size * 0.13, size * 0.03), pole)
    r = size * rng.uniform(0.07, 0.16)
    if rng.random() < 0.5:
        layer.ellipse((x, top), (r, r * rng.uniform(0.8, 1.4)), shade)
    else:
        h, rim = r * rng.uniform(1, 2), r * rng.uniform(0.3, 0.9)
        layer.polygon([(x - rim, top), (x + rim, top), (x + r, top + h), (x - r, top + h)], shade)


def _bottle(layer: Layer, rng: np.random.Generator, at: Point, size: float) -> None:
    """A turned shape: bottle, vase or jug, from random radii along its axis."""
    heights = np.linspace(-0.5, 0.5, 9)
    radii = np.interp(heights, [-0.5, -0.3, -0.15, 0.1, 0.5], rng.uniform(0.04, 0.24, 5))
    left = [(at[0] - r * size, at[1] + h * size) for h, r in zip(heights, radii, strict=True)]
    right = [(at[0] + r * size, at[1] + h * size) for h, r in zip(heights, radii, strict=True)]
    paint = _paint(rng)
    layer.polygon(left + right[::-1], paint)
    if rng.random() < 0.5:
        label = [left[4], right[4], right[7], left[7]]
        layer.polygon(label, _paint(rng))


def _balls(layer: Layer, rng: np.random.Generator, at: Point, size: float) -> None:
    """One to four balls, loose or in a heap."""
    for _ in range(int(rng.integers(1, 5))):
        r = size * rng.uniform(0.08, 0.3)
        spot = (at[0] + rng.normal(0, 0.2) * size, at[1] + rng.normal(0, 0.2) * size)
        layer.ellipse(spot, (r, r), _paint(rng))


def _chair(layer: Layer, rng: np.random.Generator, at: Point, size: float) -> None:
    """Four legs, a seat and a back."""
    w, paint = size * rng.uniform(0.2, 0.32), _paint(rng)
    x, top, seat, bottom = at[0], at[1] - size / 2, at[1], at[1] + size / 2
    skew, leg = rng.normal(0, 0.08) * size, size * rng.uniform(0.012, 0.04)
    for dx, depth in ((-w, 0.0), (w, 0.0), (-w + skew, -0.1 * size), (w + skew, -0.1 * size)):
        layer.capsule((x + dx, seat), (x + dx, bottom + depth), leg, leg, paint)
    back = [(x - w + skew, top), (x + w + skew, top), (x + w, seat), (x - w, seat)]
    layer.polygon(back, _paint(rng))
    cushion = [(x - w, seat - size * 0.05), (x + w, seat - size * 0.05), (x + w, seat + size * 0.06)]
    layer.polygon([*cushion, (x - w, seat + size * 0.06)], paint)


def _table(layer: Layer, rng: np.random.Generator, at: Point, size: float) -> None:
    """A table with up to three things on it."""
    w, paint, x = size * rng.uniform(0.35, 0.8), _paint(rng), at[0]
    board, bottom, leg = at[1] - size * 0.05, at[1] + size / 2, size * rng.uniform(0.015, 0.04)
    for dx in (-0.92, -0.7, 0.7, 0.92):
        layer.capsule((x + dx * w, board), (x + dx * w, bottom), leg, leg, paint)
    for _ in range(int(rng.integers(0, 4))):
        h = size * rng.uniform(0.15, 0.45)
        maker = (_bottle, _balls, _boxes, _plant)[int(rng.integers(4))]
        maker(layer, rng, (x + rng.uniform(-0.7, 0.7) * w, board - h / 2), h)
    slab = [(x - w * 0.9, board - size * 0.07), (x + w * 0.9, board - size * 0.07)]
    layer.polygon([*slab, (x + w, board + size * 0.03), (x - w, board + size * 0.03)], paint)


def _animal(layer: Layer, rng: np.random.Generator, at: Point, size: float) -> None:
    """A four-legged animal from the side: dog, horse, cow, giraffe, by its proportions."""
    hide = Paint(tone=rng.uniform(15, 235), material=int(rng.integers(1, 6)), contrast=rng.uniform(8, 40))
    way = rng.choice([-1, 1])
    length, leg_h = size * rng.uniform(0.3, 0.6), size * rng.uniform(0.2, 0.5)
    girth = size * rng.uniform(0.08, 0.15)
    x, y = at[0], at[1] + size / 2 - leg_h
    rump, chest = (x - way * length / 2, y - girth * 0.5), (x + way * length / 2, y - girth * 0.5)
    for base in (rump, chest):
        for _ in range(2):
            knee = (base[0] + rng.normal(0, 0.03) * size, base[1] + leg_h * 0.55)
            foot = (knee[0] + rng.normal(0, 0.03) * size, at[1] + size / 2)
            layer.capsule(knee, foot, girth * 0.25, girth * 0.18, hide)
            layer.capsule(base, knee, girth * 0.45, girth * 0.28, hide)
    tail = (rump[0] - way * girth * rng.uniform(0.5, 1.5), rump[1] + rng.normal(0, 0.1) * size)
    layer.capsule(rump, tail, girth * 0.2, girth * 0.1, hide)
    layer.capsule(rump, chest, girth, girth * rng.uniform(0.8, 1.2), hide)
    rise = rng.uniform(0.1, 0.5) * size
    head = (chest[0] + way * rng.uniform(0.05, 0.2) * size, chest[1] - rise)
    layer.capsule(chest, head, girth * 0.6, girth * 0.4, hide)
    muzzle = (head[0] + way * girth * rng.uniform(0.5, 1.4), head[1] + girth * rng.uniform(0.1, 0.5))
    layer.capsule(head, muzzle, girth * 0.5, girth * 0.3, hide)
    for side in (-0.2, 0.25):
        tip = (head[0] + side * girth, head[1] - girth * rng.uniform(0.6, 1.2))
        layer.capsule((head[0] + side * girth, head[1]), tip, girth * 0.16, girth * 0.06, hide)


def _car(layer: Layer, rng: np.random.Generator, at: Point, size: float) -> None:
    """A car from the side."""
    w, h, body = size * 0.75, size * 0.2, _paint(rng)
    x, y = at
    roof = [(x - w * 0.45, y), (x - w * 0.28, y - h * 1.1), (x + w * 0.25, y - h * 1.1), (x + w * 0.5, y)]
    layer.polygon(roof, body)
    glass = Paint(tone=rng.uniform(10, 220), material=5, contrast=6)
    layer.polygon([(px * 0.85 + x * 0.15, py * 0.85 + y * 0.15 - 1) for px, py in roof], glass)
    layer.polygon([(x - w * 0.7, y), (x + w * 0.7, y), (x + w * 0.72, y + h), (x - w * 0.72, y + h)], body)
    wheel, hub = Paint(tone=25, material=5, contrast=8), Paint(tone=150, material=5, contrast=10)
    for dx in (-0.42, 0.42):
        layer.ellipse((x + dx * w, y + h), (h * 0.5, h * 0.5), wheel)
        layer.ellipse((x + dx * w, y + h), (h * 0.22, h * 0.22), hub)


def _plant(layer: Layer, rng: np.random.Generator, at: Point, size: float) -> None:
    """A pot with leaves that fan out."""
    pot_top, bottom, leaf = at[1] + size * 0.2, at[1] + size * 0.5, _paint(rng)
    r = size * rng.uniform(0.1, 0.2)
    for angle in rng.normal(0, 0.8, int(rng.integers(4, 14))):
        length = size * rng.uniform(0.3, 0.7)
        tip = (at[0] + np.sin(angle) * length, pot_top - np.cos(angle) * length)
        width = size * rng.uniform(0.015, 0.05)
        layer.capsule((at[0], pot_top), tip, width * 0.5, width, leaf)
    pot = [(at[0] - r, pot_top), (at[0] + r, pot_top), (at[0] + r * 0.7, bottom), (at[0] - r * 0.7, bottom)]
    layer.polygon(pot, _paint(rng))


def _tree(layer: Layer, rng: np.random.Generator, at: Point, size: float) -> None:
    """A trunk with a crown of blobs."""
    crown_y, leaf = at[1] - size * 0.2, _paint(rng)
    w = size * rng.uniform(0.02, 0.06)
    layer.capsule((at[0], at[1] + size / 2), (at[0], crown_y), w * 1.3, w, _paint(rng))
    spread = size * rng.uniform(0.06, 0.18)
    for _ in range(int(rng.integers(3, 10))):
        spot = (at[0] + rng.normal(0, spread), crown_y + rng.normal(0, spread))
        r = size * rng.uniform(0.08, 0.2)
        layer.ellipse(spot, (r, r * rng.uniform(0.6, 1.2)), leaf)


def _coat_rack(layer: Layer, rng: np.random.Generator, at: Point, size: float) -> None:
    """A pole with hooks and a hanging coat: shoulders and sleeves without a person."""
    x, top, bottom = at[0], at[1] - size / 2, at[1] + size / 2
    pole, coat = _paint(rng), _paint(rng)
    w = size * 0.012
    if rng.random() < 0.7:
        layer.capsule((x, top), (x, bottom), w, w, pole)
    for dx in (-0.08, 0.08):
        layer.capsule((x, top + size * 0.05), (x + dx * size, top), w, w, pole)
    s, y = size * rng.uniform(0.1, 0.16), top + size * 0.12
    length = size * rng.uniform(0.3, 0.5)
    for side in (-1, 1):
        cuff = (x + side * s * rng.uniform(1.0, 1.4), y + length * rng.uniform(0.7, 1.0))
        layer.capsule((x + side * s * 0.85, y + s * 0.3), cuff, s * 0.25, s * 0.2, coat)
    hem = s * rng.uniform(0.8, 1.2)
    layer.polygon([(x, y - s * 0.3), (x + s, y), (x + hem, y + length), (x - hem, y + length), (x - s, y)], coat)


def _boxes(layer: Layer, rng: np.random.Generator, at: Point, size: float) -> None:
    """A stack of boxes."""
    y, n = at[1] + size / 2, int(rng.integers(1, 4))
    for _ in range(n):
        w, h = size * rng.uniform(0.15, 0.4), size / n * rng.uniform(0.5, 1.0)
        x, skew = at[0] + rng.normal(0, 0.05) * size, rng.normal(0, 0.04) * size
        layer.polygon([(x - w, y), (x + w, y), (x + w + skew, y - h), (x - w + skew, y - h)], _paint(rng))
        y -= h


def _bars(layer: Layer, rng: np.random.Generator, at: Point, size: float) -> None:
    """Limb-like bars and ellipses without any order."""
    for _ in range(int(rng.integers(3, 11))):
        middle = np.asarray(at) + rng.normal(0, 0.28, 2) * size
        reach = rng.normal(0, 0.14, 2) * size
        r = size * rng.uniform(0.015, 0.07)
        a, b = middle - reach, middle + reach
        if rng.random() < 0.7:
            layer.capsule((a[0], a[1]), (b[0], b[1]), r, r * rng.uniform(0.6, 1), _paint(rng))
        else:
            layer.ellipse((a[0], a[1]), (r * 1.4, r * rng.uniform(1.2, 2.2)), _paint(rng), rng.uniform(0, 3))


def _fence(layer: Layer, rng: np.random.Generator, at: Point, size: float) -> None:
    """Upright poles with one or two rails."""
    paint, n, w = _paint(rng), int(rng.integers(2, 8)), size * rng.uniform(0.01, 0.04)
    step = size * rng.uniform(0.08, 0.25)
    xs = [at[0] + (i - n / 2) * step for i in range(n)]
    for y in (at[1] - size * rng.uniform(0.1, 0.4), at[1] + size * rng.uniform(0, 0.3)):
        layer.capsule((xs[0], y), (xs[-1], y), w * 0.7, w * 0.7, paint)
    for x in xs:
        layer.capsule((x, at[1] - size / 2), (x, at[1] + size / 2), w, w, paint)


def _sign(layer: Layer, rng: np.random.Generator, at: Point, size: float) -> None:
    """A round or square plate on a pole, with marks on it."""
    x, top, plate = at[0], at[1] - size / 2, _paint(rng)
    w, r = size * 0.015, size * rng.uniform(0.08, 0.2)
    layer.capsule((x, top), (x, at[1] + size / 2), w, w, _paint(rng))
    if rng.random() < 0.6:
        layer.ellipse((x, top), (r, r), plate)
    else:
        layer.polygon([(x - r, top - r), (x + r, top - r), (x + r, top + r), (x - r, top + r)], plate)
    for _ in range(int(rng.integers(0, 5))):
        dx, dy = rng.uniform(-0.6, 0.6, 2) * r
        mark = Paint(tone=255 - plate.tone, material=plate.material, contrast=0)
        layer.ellipse((x + dx, top + dy), (r * rng.uniform(0.06, 0.3), r * 0.1), mark)


def _sofa(layer: Layer, rng: np.random.Generator, at: Point, size: float) -> None:
    """A sofa: back, two arms, cushions."""
    w, h, cloth = size * rng.uniform(0.4, 0.7), size * 0.22, _paint(rng)
    x, y = at
    layer.polygon([(x - w, y - h), (x + w, y - h), (x + w, y + h * 0.6), (x - w, y + h * 0.6)], cloth)
    for side in (-1, 1):
        layer.capsule((x + side * w, y - h * 0.2), (x + side * w, y + h), h * 0.35, h * 0.35, cloth)
        layer.ellipse((x + side * w * 0.48, y + h * 0.35), (w * 0.46, h * 0.3), cloth)
    layer.polygon([(x - w, y + h * 0.5), (x + w, y + h * 0.5), (x + w, y + h), (x - w, y + h)], cloth)


THINGS: tuple[Maker, ...] = (
    _lamp, _bottle, _balls, _chair, _table, _animal, _animal, _car, _plant, _tree,
    _coat_rack, _boxes, _bars, _fence, _sign, _sofa,
)  # fmt: skip
