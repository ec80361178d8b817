"""A seeded renderer of 96x96 grey pictures with and without people.

The pictures are drawings: shaded, posed and dressed figures in front of rooms, streets and gardens,
among furniture, animals and plants. They let the whole product run without a camera and without any
photograph. They are no substitute for pictures of the real place: see models/drawings/card.md.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tinyhost.errors import DatasetError
from tinyhost.synth.pictures.canvas import (
    CANVAS,
    Layer,
    Texture,
    Tones,
    cloth_texture,
    compose,
    noise,
)
from tinyhost.synth.pictures.figure import draw_figure
from tinyhost.synth.pictures.looks import BOTTOM, HAIR, SHOE, SKIN, TOP, random_looks
from tinyhost.synth.pictures.places import random_place
from tinyhost.synth.pictures.sensor import expose
from tinyhost.synth.pictures.things import random_thing
from tinyhost.system.durable import write_atomically

__all__ = ["LABELS", "render", "write_dataset"]

LABELS = ("no_person", "person")
"""In the order of the model's outputs, which is that of TFLM's person_detect."""


def render(label: str, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return one picture of the class `label`, (96, 96) grey levels.

    The same rng state gives the same picture. Raises DatasetError if the label is neither
    `person` nor `no_person`.
    """
    if label not in LABELS:
        raise DatasetError(
            f"synthetic pictures: no class {label!r}; there are {', '.join(LABELS)}",
            hint="use one of these labels",
        )
    scene = random_place(rng)
    n_things = int(rng.integers(0, 4))
    for _ in range(n_things):
        scene = _add_thing(scene, rng, rng.uniform(0.2, 0.9))
    n_main = 1 + int(rng.random() < 0.15) + int(rng.random() < 0.05)
    for index in range(n_main):
        if label == "person":
            scene = _add_person(scene, rng, first=index == 0)
        elif rng.random() < 0.75:
            scene = _add_thing(scene, rng, rng.uniform(0.5, 2.2))
    if rng.random() < 0.2:
        scene = _add_thing(scene, rng, rng.uniform(0.4, 0.9), low=True)
    return expose(scene, rng)


def write_dataset(folder: Path, n_per_class: int, seed: int, *, split: str = "train") -> list[Path]:
    """Write `<folder>/<split>/<label>/00000.png` and on; return the files, class by class.

    Every picture has its own seed, made of seed, split, class and number, so that splits share no
    scene and a larger set begins with the smaller one. Raises DatasetError if a file cannot be written.
    """
    files = []
    for label in LABELS:
        target = Path(folder) / split / label
        target.mkdir(parents=True, exist_ok=True)
        for index in range(n_per_class):
            entropy = (seed, zlib.crc32(split.encode()), LABELS.index(label), index)
            picture = render(label, np.random.default_rng(entropy))
            path = target / f"{index:05d}.png"
            try:
                write_atomically(path, cv2.imencode(".png", picture)[1].tobytes(), sync=False)
            except OSError as error:
                raise DatasetError(
                    f"{path}: the picture could not be written: {error.strerror}",
                    hint="check free space and permissions of the folder",
                ) from error
            files.append(path)
    return files


def _light(rng: np.random.Generator) -> tuple[float, float]:
    return (rng.uniform(-0.6, 0.6), rng.uniform(-0.7, 0.2))


def _skin_texture(rng: np.random.Generator) -> Tones:
    return noise(rng, (12,), (rng.uniform(0, 7),))


def _hair_texture(rng: np.random.Generator) -> Tones:
    return noise(rng, (60,), (rng.uniform(2, 14),))


_FIGURE_TEXTURES: dict[int, Texture] = {
    SKIN: _skin_texture,
    TOP: cloth_texture,
    BOTTOM: cloth_texture,
    HAIR: _hair_texture,
    SHOE: _skin_texture,
}
_THING_TEXTURES: dict[int, Texture] = dict.fromkeys((1, 2, 3, 4), cloth_texture)


def _add_person(scene: Tones, rng: np.random.Generator, *, first: bool) -> Tones:
    """Return the scene with one person: full figure, half figure, or head and shoulders."""
    looks = random_looks(rng)
    crop = rng.choice(3, p=(0.4, 0.33, 0.27)) if first else 0
    scale = ((0.5, 1.05), (1.05, 2.0), (2.0, 3.6))[crop]
    height = rng.uniform(*scale) * CANVAS
    head_px = 0.13 * height * looks.head
    low = min(head_px / CANVAS, 0.4)
    high = max(low + 0.05, min(0.6, 1.0 - 0.75 * height / CANVAS)) if crop == 0 else 0.45
    head_at = (rng.uniform(0.18, 0.82) * CANVAS, rng.uniform(low, high) * CANVAS)
    layer = Layer(_light(rng))
    draw_figure(layer, rng, head_at, height, looks)
    return compose(scene, layer, _FIGURE_TEXTURES, rng)


def _add_thing(scene: Tones, rng: np.random.Generator, scale: float, *, low: bool = False) -> Tones:
    """Return the scene with one thing. low: at the bottom edge, in front of what is there."""
    layer = Layer(_light(rng))
    size = scale * CANVAS
    x = rng.uniform(0.05, 0.95) * CANVAS
    y = CANVAS * rng.uniform(0.85, 1.0) if low else CANVAS * rng.uniform(0.3, 0.85)
    random_thing(layer, rng, (x, y), size)
    return compose(scene, layer, _THING_TEXTURES, rng)
