"""The appearance of a drawn person: build, tones, clothes; and the materials of a figure's layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["BOTTOM", "HAIR", "SHOE", "SKIN", "TOP", "Looks", "random_looks"]

SKIN, TOP, BOTTOM, HAIR, SHOE = 1, 2, 3, 4, 5


@dataclass(frozen=True, kw_only=True)
class Looks:
    """Build, tones and clothes of one person. Lengths in body units, tones in grey levels."""

    girth: float
    head: float
    skin: float
    hair: float
    top: float
    bottom: float
    shoe: float
    contrast: float
    hair_style: int
    skirt: bool
    short_sleeves: bool
    shorts: bool
    hat: bool
    glasses: bool
    beard: bool
    bag: bool


def random_looks(rng: np.random.Generator) -> Looks:
    """Return a random person: child to adult, slim to broad, any clothes."""

    def chance(share: float) -> bool:
        return bool(rng.random() < share)

    return Looks(
        girth=rng.uniform(0.85, 1.4),
        head=float(rng.choice([rng.uniform(0.95, 1.15), rng.uniform(1.15, 1.6)], p=[0.8, 0.2])),
        skin=rng.uniform(60, 225),
        hair=float(rng.choice([rng.uniform(10, 70), rng.uniform(70, 220)], p=[0.7, 0.3])),
        top=rng.uniform(15, 240),
        bottom=rng.uniform(15, 200),
        shoe=rng.uniform(10, 220),
        contrast=rng.uniform(8, 42),
        hair_style=int(rng.integers(5)),
        skirt=chance(0.15),
        short_sleeves=chance(0.35),
        shorts=chance(0.15),
        hat=chance(0.12),
        glasses=chance(0.2),
        beard=chance(0.15),
        bag=chance(0.12),
    )
