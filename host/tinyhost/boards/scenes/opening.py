"""From what the user typed to a scene."""

from __future__ import annotations

from pathlib import Path

from tinyhost.boards.scenes.base import PictureSource, SampleSource, SceneOptions
from tinyhost.boards.scenes.decode import PICTURE_SUFFIXES
from tinyhost.boards.scenes.pictures import PictureScene, find_pictures
from tinyhost.boards.scenes.video import VideoScene, WebcamScene
from tinyhost.errors import ConfigError

__all__ = ["open_scene"]

_EXPECTED = "expected a folder of pictures, a picture, a video file or webcam:N"


def open_scene(spec: str, options: SceneOptions | None = None) -> PictureSource | SampleSource:
    """Return the scene of `spec`: a folder of pictures, a picture, a video file or webcam:N.

    Raises ConfigError if there is no such thing, or nothing in it can be shown.
    """
    options = options or SceneOptions()
    kind, _, number = spec.partition(":")
    if kind == "webcam":
        if not number.isdigit():
            raise ConfigError(f"scene {spec!r}: {number!r} is no camera number", hint="webcam:0 is the first camera")
        return WebcamScene(int(number))
    path = Path(spec).expanduser()
    if path.is_dir():
        return PictureScene(path, find_pictures(path), options)
    if not path.is_file():
        raise ConfigError(f"scene {spec!r}: no such file or folder", hint=_EXPECTED)
    if path.suffix.lower() in PICTURE_SUFFIXES:
        return PictureScene(path.parent, find_pictures(path), options)
    return VideoScene(path, options)
