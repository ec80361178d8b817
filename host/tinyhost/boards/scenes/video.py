"""Scenes that OpenCV plays: a video file, over and over, or a webcam."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.boards.scenes.base import SceneOptions
from tinyhost.boards.scenes.fit import fit_picture
from tinyhost.boards.scenes.messages import SceneSensor
from tinyhost.errors import ConfigError

__all__ = ["VideoScene", "WebcamScene"]


class VideoScene:
    """A video file's frames, one per capture, from the start again after the last."""

    sensor = SceneSensor.CAMERA

    def __init__(self, path: Path, options: SceneOptions) -> None:
        self.description = str(path)
        self.current_name = ""
        self._path = path
        self._options = options
        self._shown_at = 0.0
        self._picture: NDArray[np.uint8] | None = None
        self._next = 0
        self._video = self._open()
        if not self._video.isOpened():
            raise self._unreadable()

    def next_frame(self, width: int, height: int) -> NDArray[np.uint8]:
        """Return the next frame, (height, width). Raises ConfigError if the video holds none."""
        now = time.monotonic()
        if self._picture is None or now - self._shown_at >= self._options.hold_s:
            self._picture = self._read()
            self.current_name = f"{self._path.name}#{self._next}"
            self._next += 1
            self._shown_at = now
        return fit_picture(self._picture, width, height)

    def close(self) -> None:
        """Close the file."""
        self._video.release()

    def _read(self) -> NDArray[np.uint8]:
        good, picture = self._video.read()
        if not good and self._next > 0:
            self._video.release()
            self._video = self._open()
            self._next = 0
            good, picture = self._video.read()
        if not good:
            raise self._unreadable()
        return _gray(picture)

    def _unreadable(self) -> ConfigError:
        return ConfigError(
            f"scene {self._path}: neither a picture nor a video that can be read",
            hint="expected a folder of pictures, a picture, a video file or webcam:N",
        )

    def _open(self) -> Any:
        import cv2

        return cv2.VideoCapture(str(self._path), cv2.CAP_FFMPEG)


class WebcamScene:
    """Live pictures of a camera of this computer."""

    sensor = SceneSensor.CAMERA

    def __init__(self, index: int) -> None:
        import cv2

        self.description = f"webcam:{index}"
        self.current_name = ""
        self._next = 0
        self._camera: Any = cv2.VideoCapture(index)
        if not self._camera.isOpened():
            raise ConfigError(
                f"scene webcam:{index}: no such camera, or it is in use",
                hint="ls /dev/video*; another number, or a folder of pictures",
            )
        self._camera.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    def next_frame(self, width: int, height: int) -> NDArray[np.uint8]:
        """Return the camera's picture, (height, width). Raises ConfigError if it is gone."""
        good, picture = self._camera.read()
        if not good:
            raise ConfigError(f"scene {self.description}: the camera stopped", hint="plug it in again")
        self.current_name = f"{self.description}#{self._next}"
        self._next += 1
        return fit_picture(_gray(picture), width, height)

    def close(self) -> None:
        """Release the camera."""
        self._camera.release()


def _gray(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2

    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) if picture.ndim == 3 else picture, np.uint8)
