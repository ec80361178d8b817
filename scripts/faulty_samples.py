"""Samples with one fault each, made of good ones: what scripts/check_rates.py and check_planted_sets.py plant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from tinyhost.motion.csv import motion_csv
from tinyhost.motion.sensor import STANDARD_GRAVITY

__all__ = ["CLIPS", "MOTION", "MOTION_HZ", "PICTURES", "RATE_HZ", "SEAM", "Plant", "Values", "joined"]

Values = NDArray[Any]
Plant = Callable[[Values, np.random.Generator], Values | str]
RATE_HZ, MOTION_HZ = 16_000, 100.0
SEAM = "seam"
"""a picture that counts as torn in a set of 100 or more, if hardly any other has such an edge"""


def _levels(values: Values) -> Values:
    return np.clip(values, 0, 255).astype(np.uint8)


def _pcm(values: Values) -> Values:
    return np.clip(values, -32768, 32767).astype(np.int16)


def _blurred(sigma: float) -> Plant:
    return lambda picture, _: np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8)


def _torn(least: int) -> Plant:
    def plant(picture: Values, rng: np.random.Generator) -> Values:
        height, width = picture.shape
        first = int(rng.integers(height // 8, 7 * height // 8)) * width
        stream = picture.ravel().copy()
        stream[first:] = np.roll(stream[first:], int(rng.integers(least, 49)) * int(rng.choice([-1, 1])))
        return stream.reshape(height, width)

    return plant


def _missing(picture: Values, rng: np.random.Generator) -> Values:
    short = picture.copy()
    short[int(rng.integers(len(picture) // 6, 5 * len(picture) // 6)) :] = rng.choice([0, 128])
    return short


def _upper_missing(picture: Values, rng: np.random.Generator) -> Values:
    return np.asarray(_missing(picture[::-1], rng)[::-1])


def _moved(picture: Values, rng: np.random.Generator) -> Values:
    """Return a picture of which 4 to 40 rows are lost or there twice."""
    height = len(picture)
    row, by = int(rng.integers(height // 8, 7 * height // 8)), int(rng.integers(4, 41)) * int(rng.choice([-1, 1]))
    moved = picture.copy()
    moved[row:] = np.roll(picture, by, axis=0)[row:]
    return moved


def joined(picture: Values, other: Values, rng: np.random.Generator) -> Values:
    row = int(rng.integers(len(picture) // 8, 7 * len(picture) // 8))
    return np.concatenate([picture[:row], other[row:]])


def _cut(share: float) -> Plant:
    """Return a function that cuts a clip where it has reached a share of its energy."""

    def plant(pcm: Values, _: np.random.Generator) -> Values:
        energy = np.cumsum(pcm.astype(np.float64) ** 2)
        end = int(np.searchsorted(energy, share * energy[-1]))
        return np.concatenate([np.zeros(len(pcm) - end, np.int16), pcm[:end]])

    return plant


def _stuck(seconds: float) -> Plant:
    def plant(motion: Values, rng: np.random.Generator) -> Values:
        n = round(seconds * MOTION_HZ)
        first, axis = int(rng.integers(0, len(motion) - n)), int(rng.integers(3))
        held = motion.copy()
        held[first : first + n, axis] = held[first, axis]
        return held

    return plant


def _saturated(motion: Values, rng: np.random.Generator) -> Values:
    full, first = motion.copy(), int(rng.integers(len(motion) - 3))
    full[first : first + 3, int(rng.integers(3))] = 4 * STANDARD_GRAVITY
    return full


def _gapped(n_missing: int) -> Plant:
    def plant(motion: Values, rng: np.random.Generator) -> str:
        lines = motion_csv(motion, MOTION_HZ).decode().splitlines()
        first = int(rng.integers(10, len(lines) - n_missing - 10))
        return "\n".join(lines[:first] + lines[first + n_missing :])

    return plant


def _clip_at(share: float) -> Plant:
    return lambda pcm, _: np.clip(pcm, -share * abs(pcm).max(), share * abs(pcm).max()).astype(np.int16)


PICTURES: Mapping[tuple[str, str], Plant] = {
    ("dark", "a quarter of the light"): lambda picture, _: picture // 4,
    ("dark", "a tenth"): lambda picture, _: picture // 10,
    ("light", "three times the light"): lambda picture, _: _levels(3.0 * picture),
    ("light", "faint, at 205"): lambda picture, _: _levels(205 + picture // 5),
    ("blurry", "sigma 3"): _blurred(3),
    ("blurry", "sigma 6"): _blurred(6),
    ("low_information", "one grey and noise"): lambda picture, rng: _levels(120 + rng.normal(0, 2, picture.shape)),
    ("torn", "by 4 to 48 pixels"): _torn(4),
    ("torn", "lower part missing"): _missing,
    ("torn", "upper part missing"): _upper_missing,
    ("torn", "by 4 to 40 rows"): _moved,
    (SEAM, "by 4 to 40 rows"): _moved,
    ("near_duplicates", "lit otherwise"): lambda picture, _: _levels(0.85 * picture + 15),
    ("near_duplicates", "noise of 5"): lambda picture, rng: _levels(picture + rng.normal(0, 5, picture.shape)),
    ("near_duplicates", "JPEG 60"): lambda picture, _: _jpeg(picture),
}
CLIPS: Mapping[tuple[str, str], Plant] = {
    ("quiet", "1 %"): lambda pcm, _: _pcm(0.01 * pcm),
    ("clipped", "ten times as loud"): lambda pcm, _: _pcm(10.0 * pcm),
    ("clipped", "at half the peak"): _clip_at(0.5),
    ("cut", "after half the energy"): _cut(0.5),
    ("shifted", "by 3,000"): lambda pcm, _: _pcm(pcm.astype(np.int32) + 3000),
    ("constant", "one value"): lambda pcm, _: np.full_like(pcm, 7),
    ("near_duplicates", "softer, later"): lambda pcm, _: np.roll(_pcm(0.7 * pcm), 800),
    ("near_duplicates", "noise, 30 dB below"): lambda pcm, rng: _pcm(pcm + rng.normal(0, 0.03 * pcm.std(), len(pcm))),
}
MOTION: Mapping[tuple[str, str], Plant] = {
    ("stuck", "an axis for 0.5 s"): _stuck(0.5),
    ("stuck", "an axis for 2 s"): _stuck(2.0),
    ("saturated", "three samples at 4 g"): _saturated,
    ("gap", "of one sample"): _gapped(1),
    ("gap", "of 20 samples"): _gapped(20),
}


def _jpeg(picture: Values) -> Values:
    coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 60])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.uint8)
