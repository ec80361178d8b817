"""What the sensors of virtual boards see: a scene, and the player that serves it to the firmware."""

from __future__ import annotations

from tinyhost.boards.scenes.base import LiveSource, PictureSource, SampleSource, Sampling, Scene, SceneOptions
from tinyhost.boards.scenes.files import passed_over
from tinyhost.boards.scenes.fit import fit_picture
from tinyhost.boards.scenes.opening import open_scene

__all__ = [
    "LiveSource",
    "PictureSource",
    "SampleSource",
    "Sampling",
    "Scene",
    "SceneOptions",
    "fit_picture",
    "open_scene",
    "passed_over",
]
