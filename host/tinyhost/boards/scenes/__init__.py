"""Input of virtual boards' sensors: scenes, and the player that serves them to the firmware."""

from __future__ import annotations

from tinyhost.boards.scenes.base import LiveSource, PictureSource, SampleSource, Sampling, Scene, SceneOptions
from tinyhost.boards.scenes.fit import cut_window, fit_picture
from tinyhost.boards.scenes.opening import open_scene
from tinyhost.boards.scenes.remarks import gaps_in, remarks_on

__all__ = [
    "LiveSource",
    "PictureSource",
    "SampleSource",
    "Sampling",
    "Scene",
    "SceneOptions",
    "cut_window",
    "fit_picture",
    "gaps_in",
    "open_scene",
    "remarks_on",
]
