"""A scene of pictures in a folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.boards.scenes.base import SceneOptions
from tinyhost.boards.scenes.fit import fit_picture
from tinyhost.boards.scenes.messages import SceneSensor
from tinyhost.errors import ConfigError
from tinyhost.sensors.picture_file import check_picture, read_picture

__all__ = ["PictureScene", "check_pictures"]


class PictureScene:
    """Pictures in the order of their names, in a loop."""

    sensor = SceneSensor.CAMERA

    def __init__(
        self,
        folder: Path,
        pictures: Sequence[Path],
        options: SceneOptions,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.description = f"{folder} ({len(pictures):,} pictures)" if len(pictures) > 1 else str(pictures[0])
        self.current_name = ""
        self._folder = folder
        self._pictures = pictures
        self._options = options
        self._clock = clock
        self._next = 0
        self._shown_at = 0.0
        self._picture: NDArray[np.uint8] | None = None

    def next_frame(self, width: int, height: int) -> NDArray[np.uint8]:
        """Return the current picture, (height, width). Raises ConfigError if it cannot be read."""
        now = self._clock()
        if self._picture is None or now - self._shown_at >= self._options.hold_s:
            path = self._pictures[self._next % len(self._pictures)]
            with _in_a_scene(path):
                self._picture = read_picture(path, error=ConfigError)
            self.current_name = path.relative_to(self._folder).as_posix()
            self._next += 1
            self._shown_at = now
        return fit_picture(self._picture, width, height)

    def close(self) -> None:
        """Nothing is held open."""


def check_pictures(pictures: Sequence[Path]) -> None:
    """Raise ConfigError if a picture is missing or does not begin as one, MissingToolError if it cannot be decoded."""
    for path in pictures:
        with _in_a_scene(path):
            check_picture(path, error=ConfigError)


@contextmanager
def _in_a_scene(path: Path) -> Iterator[None]:
    try:
        yield
    except ConfigError as exc:
        what = exc.message if path.exists() else f"{path} no longer exists"
        raise ConfigError(f"scene: {what}", hint="take the file out of the folder, or replace it") from exc
