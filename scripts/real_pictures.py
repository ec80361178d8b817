"""Real pictures to measure `vww` with, of Debian's opencv-doc and PyPI's scikit-image; none is in the repository.

vtest.avi is a still camera over a place where people walk. What moves is found by its difference from the median of the
film; each pedestrian is cut out with some surroundings, and the same place from the empty background. The first half of
the film is there to tune with, the second to judge. The stills are photographs that both packages use as examples, each
whole and its middle square; nothing is tuned with them.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from scripts.debian_files import files_of_package

__all__ = ["Scene", "cut_film", "fetch_film", "read_photographs", "read_stills"]

_SKIMAGE = "scikit-image==0.26.0"
_STILLS = {
    "person": ("skimage: astronaut.png camera.png", "opencv: data/messi5.jpg data/basketball1.png"),
    "no_person": (
        "skimage: brick.png chelsea.png coffee.png coins.png grass.png gravel.png moon.png motorcycle_left.png "
        "rocket.jpg",
        "opencv: data/aloeL.jpg data/apple.jpg data/baboon.jpg data/board.jpg data/box.png data/box_in_scene.png "
        "data/building.jpg data/butterfly.jpg data/chicky_512.png data/fruits.jpg data/home.jpg data/leuvenA.jpg "
        "data/orange.jpg data/squirrel_cls.jpg data/stuff.jpg data/rubberwhale1.png data/aero1.jpg "
        "data/licenseplate_motion.jpg data/left.jpg alphamat/input_images/plant.jpg dnn_superres/butterfly.png "
        "reg/home.png hfs/data/000.jpg hfs/data/001.jpg hfs/data/002.jpg",
    ),
}
"""Photographs by what they show; what else both packages have is drawn, text, or a pattern."""
_EVERY = 6  # frames, 0.6 s
_N_BACKGROUND = 60
_MIN_DIFFERENCE = 28  # grey levels
_MIN_HEIGHT, _MAX_HEIGHT = 50, 220
_UPRIGHT = (1.5, 4.0)  # height over width of one person who walks
_ROOM = 1.5  # side of the cut-out over the person's height
_SIZE = 96


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One cut-out, (96, 96) grey levels."""

    picture: NDArray[np.uint8]
    label: str
    part: str
    """tune, judge; stills"""
    name: str


def fetch_film(folder: Path) -> Path:
    """Return the film, taken out of Debian's package as apt-get brings it; folder: keeps it."""
    return _fetch_examples(folder) / "data" / "vtest.avi"


def _fetch_examples(folder: Path) -> Path:
    """Return the folder of opencv-doc's examples."""
    return files_of_package("opencv-doc", "usr/share/doc/opencv-doc/examples", folder / "opencv-doc")


def _fetch_skimage(folder: Path) -> Path:
    """Return the folder of scikit-image's pictures, taken out of its wheel unless it is there."""
    pictures = folder / "skimage"
    if not pictures.is_dir():
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--dest", scratch, _SKIMAGE]
            subprocess.run(command, check=True)
            with zipfile.ZipFile(next(Path(scratch).glob("*.whl"))) as wheel:
                wheel.extractall(scratch, [name for name in wheel.namelist() if name.startswith("skimage/data/")])
            (Path(scratch) / "skimage" / "data").rename(pictures)
    return pictures


def read_photographs(folder: Path) -> Iterator[tuple[str, str, NDArray[np.uint8]]]:
    """Yield the label, a name and the grey levels of each photograph of both packages; folder: keeps them."""
    places = {"opencv": _fetch_examples(folder), "skimage": _fetch_skimage(folder)}
    for label, lists in _STILLS.items():
        for words in lists:
            package, names = words.split(": ")
            for name in names.split():
                own = f"{package}_{Path(name).with_suffix('').as_posix().replace('/', '_')}"
                yield label, own, np.asarray(cv2.imread(str(places[package] / name), cv2.IMREAD_GRAYSCALE), np.uint8)


def read_stills(folder: Path) -> Iterator[Scene]:
    """Yield the photographs of both packages, each whole, its aspect not kept, and its middle square; folder: keeps."""
    for label, name, whole in read_photographs(folder):
        height, width = whole.shape
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        for view, cut in (("whole", whole), ("middle", whole[top : top + side, left : left + side])):
            picture = np.asarray(cv2.resize(cut, (_SIZE, _SIZE), interpolation=cv2.INTER_AREA), np.uint8)
            yield Scene(picture=picture, label=label, part="stills", name=f"{name}_{view}.png")


def cut_film(film: Path) -> Iterator[Scene]:
    """Yield pedestrians and the empty places where they walked, as many of the ones as of the others."""
    frames = _frames(film)
    chosen = np.linspace(0, len(frames) - 1, _N_BACKGROUND).astype(int)
    background = np.median(np.stack([frames[index] for index in chosen]), axis=0).astype(np.uint8)
    for number in range(0, len(frames), _EVERY):
        part = "tune" if number < len(frames) // 2 else "judge"
        for index, (x, y, side) in enumerate(_pedestrians(frames[number], background)):
            for label, source in (("person", frames[number]), ("no_person", background)):
                cut = cv2.resize(source[y : y + side, x : x + side], (_SIZE, _SIZE), interpolation=cv2.INTER_AREA)
                yield Scene(picture=np.asarray(cut, np.uint8), label=label, part=part, name=f"{number:04}_{index}.png")


def _frames(film: Path) -> list[NDArray[np.uint8]]:
    video = cv2.VideoCapture(str(film))
    frames: list[NDArray[np.uint8]] = []
    while True:
        more, frame = video.read()
        if not more:
            return frames
        frames.append(np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), np.uint8))


def _pedestrians(frame: NDArray[np.uint8], background: NDArray[np.uint8]) -> Iterator[tuple[int, int, int]]:
    """Yield squares (x, y, side) around single people who are wholly in the frame."""
    height, width = frame.shape
    moved = cv2.absdiff(cv2.GaussianBlur(frame, (5, 5), 0), cv2.GaussianBlur(background, (5, 5), 0)) > _MIN_DIFFERENCE
    closed = cv2.morphologyEx(moved.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((15, 5), np.uint8))
    _, _, boxes, _ = cv2.connectedComponentsWithStats(closed)
    for x, y, w, h, area in boxes[1:].tolist():
        if not (_MIN_HEIGHT <= h <= _MAX_HEIGHT and _UPRIGHT[0] <= h / w <= _UPRIGHT[1] and area > 0.35 * w * h):
            continue
        side = int(_ROOM * h)
        left, top = x + w // 2 - side // 2, y + h // 2 - side // 2
        if left >= 0 and top >= 0 and left + side <= width and top + side <= height:
            yield left, top, side
