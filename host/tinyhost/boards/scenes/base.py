"""What a scene is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tinyhost.boards.scenes.messages import SceneSensor

__all__ = ["AnySource", "LiveSource", "PictureSource", "Piece", "SampleSource", "Sampling", "Scene", "SceneOptions"]


@dataclass(frozen=True, kw_only=True)
class SceneOptions:
    """How a scene is played."""

    hold_s: float = 0.0
    """how long one picture stays in front of the camera; 0: every capture sees the next one"""


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How a microphone or an accelerometer measures."""

    rate_hz: float
    n_channels: int
    scale: float
    """of one count: of full scale (microphone), g (accelerometer)"""


class Scene(Protocol):
    """What one of a virtual board's sensors sees."""

    @property
    def sensor(self) -> SceneSensor:
        """Which sensor the scene is for."""

    @property
    def description(self) -> str:
        """What is played, for people and manifests."""

    @property
    def current_name(self) -> str:
        """The name of what was seen last, e.g. a file's; "" before the first."""

    def close(self) -> None:
        """Release files and devices."""


class PictureSource(Scene, Protocol):
    """Pictures, one after the other, in front of a camera."""

    def next_frame(self, width: int, height: int) -> NDArray[np.uint8]:
        """Return the next picture, (height, width) grayscale. Raises ConfigError if it cannot be read."""


@runtime_checkable
class SampleSource(Scene, Protocol):
    """Sound or motion, sample by sample."""

    @property
    def sampling(self) -> Sampling:
        """How the sensor measures it."""

    def restart(self) -> None:
        """Begin again: the board has switched its sensor on."""

    def read(self, n_samples: int) -> NDArray[np.int16]:
        """Return the next samples, (n_samples, n_channels); fewer once the sensor has stopped giving any.

        Raises ConfigError if they cannot be read.
        """


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Samples that follow each other, and where they are."""

    samples: NDArray[np.int16]
    """(n_samples, n_channels)"""
    position: int
    """of the first one, since the start, lost ones too"""
    lost: int
    """since the start"""
    n_waiting: int
    """that can be read at once, behind these"""


@runtime_checkable
class LiveSource(Scene, Protocol):
    """Sound or motion of a real sensor, which keeps its own time."""

    @property
    def sampling(self) -> Sampling:
        """How the sensor measures it."""

    def start(self) -> None:
        """Begin again: the board has switched its sensor on."""

    def read(self, max_samples: int) -> Piece:
        """Return at most `max_samples` of what there is. Raises ConfigError if the sensor is gone."""


AnySource = PictureSource | SampleSource | LiveSource
