"""What the sensors of virtual boards see: a scene, and the player that serves it to the firmware."""

from __future__ import annotations

from tinyhost.boards.scenes.base import LiveSource, PictureSource, SampleSource, Sampling, Scene, SceneOptions
from tinyhost.boards.scenes.decode import PICTURE_SUFFIXES, decode_picture
from tinyhost.boards.scenes.fit import fit_picture
from tinyhost.boards.scenes.opening import open_scene

__all__ = [
    "PICTURE_SUFFIXES",
    "LiveSource",
    "PictureSource",
    "SampleSource",
    "Sampling",
    "Scene",
    "SceneOptions",
    "decode_picture",
    "fit_picture",
    "open_scene",
]
