"""A scene of pictures in a folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.boards.scenes.base import SceneOptions
from tinyhost.boards.scenes.decode import PICTURE_SUFFIXES, decode_picture
from tinyhost.boards.scenes.fit import fit_picture
from tinyhost.boards.scenes.messages import SceneSensor
from tinyhost.errors import ConfigError

__all__ = ["PictureScene", "find_pictures"]


class PictureScene:
    """Pictures in the order of their names, over and over."""

    sensor = SceneSensor.CAMERA

    def __init__(
        self,
        folder: Path,
        pictures: Sequence[Path],
        options: SceneOptions,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.description = f"{folder} ({len(pictures)} pictures)" if len(pictures) > 1 else str(pictures[0])
        self.current_name = ""
        self._folder = folder
        self._pictures = pictures
        self._options = options
        self._clock = clock
        self._next = 0
        self._shown_at = 0.0
        self._picture: NDArray[np.uint8] | None = None

    def next_frame(self, width: int, height: int) -> NDArray[np.uint8]:
        """Return the picture whose turn it is, (height, width). Raises ConfigError if it cannot be read."""
        now = self._clock()
        if self._picture is None or now - self._shown_at >= self._options.hold_s:
            path = self._pictures[self._next % len(self._pictures)]
            self._picture = _read(path)
            self.current_name = path.relative_to(self._folder).as_posix()
            self._next += 1
            self._shown_at = now
        return fit_picture(self._picture, width, height)

    def close(self) -> None:
        """Nothing is held open."""


def find_pictures(folder: Path) -> list[Path]:
    """Return the pictures under `folder` by name, or `folder` itself if it is a picture.

    Raises ConfigError if there is none, or one cannot be read.
    """
    import cv2

    files = folder.rglob("*") if folder.is_dir() else [folder]
    pictures = sorted(
        (path for path in files if path.suffix.lower() in PICTURE_SUFFIXES and path.is_file()),
        key=lambda path: path.relative_to(folder).as_posix(),
    )
    if not pictures:
        raise ConfigError(
            f"scene {folder}: no picture in this folder or below it (expected {', '.join(PICTURE_SUFFIXES)}), "
            "and no sound (.wav)",
            hint="tinyhost capture fills such a folder; any pictures will do",
        )
    for path in pictures:
        if not cv2.haveImageReader(str(path)):
            raise _unreadable(path)
    return pictures


def _read(path: Path) -> NDArray[np.uint8]:
    try:
        picture = decode_picture(path.read_bytes())
    except OSError as exc:
        raise _unreadable(path) from exc
    if picture is None:
        raise _unreadable(path)
    return picture


def _unreadable(path: Path) -> ConfigError:
    what = (
        f"{path} is no picture that can be read ({path.stat().st_size} bytes)" if path.exists() else f"{path} is gone"
    )
    return ConfigError(f"scene: {what}", hint="take the file out of the folder, or replace it")
