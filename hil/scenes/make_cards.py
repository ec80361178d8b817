"""Writes the test cards: 96x96 grey pictures on which a shift, a flip, a swapped byte or a lost row shows.

python hil/scenes/make_cards.py     # writes hil/scenes/cards/*.png, the same bytes every time
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["cards"]

SIZE = 96


def cards() -> dict[str, NDArray[np.uint8]]:
    """Return the cards by file name, each (96, 96)."""
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    ramp = (x * 255 // (SIZE - 1) + y) % 256  # no two rows alike
    corner = np.where((x < 24) & (y < 12), 255, (x ^ y) * 2)  # one bright corner: shows every flip and turn
    noise = np.random.default_rng(2026).integers(0, 256, (SIZE, SIZE))
    edges = np.where((x // 3 + y // 5) % 2, 0, 255)  # only the extremes; also zero bytes, which framing must escape
    pictures = {"1_ramp": ramp, "2_corner": corner, "3_noise": noise, "4_edges": edges}
    return {f"{name}.png": picture.astype(np.uint8) for name, picture in pictures.items()}


if __name__ == "__main__":
    folder = Path(__file__).parent / "cards"
    folder.mkdir(exist_ok=True)
    for name, picture in cards().items():
        cv2.imwrite(str(folder / name), picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])
