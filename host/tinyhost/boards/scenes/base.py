"""The contracts of scenes."""

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
    """time for which a picture stays before the camera; 0: every capture gets the next one"""


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How a microphone or an accelerometer measures."""

    rate_hz: float
    n_channels: int
    scale: float
    """of one count: of full scale (microphone), g (accelerometer)"""


class Scene(Protocol):
    """The input of one of a virtual board's sensors."""

    @property
    def sensor(self) -> SceneSensor:
        """The sensor that the scene is for."""

    @property
    def description(self) -> str:
        """A description of what is played, for messages and manifests."""

    @property
    def current_name(self) -> str:
        """The name of the last item played, e.g. a file's; "" before the first."""

    def close(self) -> None:
        """Release files and devices."""


class PictureSource(Scene, Protocol):
    """A sequence of pictures for a camera."""

    def next_frame(self, width: int, height: int) -> NDArray[np.uint8]:
        """Return the next picture, (height, width) grayscale. Raises ConfigError if it cannot be read."""


@runtime_checkable
class SampleSource(Scene, Protocol):
    """A stream of samples of sound or motion."""

    @property
    def sampling(self) -> Sampling:
        """The sensor's rate and scale."""

    def restart(self) -> None:
        """Begin again: the board has switched its sensor on."""

    def read(self, n_samples: int) -> NDArray[np.int16]:
        """Return the next samples, (n_samples, n_channels); fewer once the sensor has stopped giving any.

        Raises ConfigError if they cannot be read.
        """


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Consecutive samples and their position."""

    samples: NDArray[np.int16]
    """(n_samples, n_channels)"""
    position: int
    """index of the first sample since the start, lost ones included"""
    lost: int
    """since the start"""
    n_waiting: int
    """samples behind these that can be read at once"""


@runtime_checkable
class LiveSource(Scene, Protocol):
    """Sound or motion of a real sensor, which keeps its own time."""

    @property
    def sampling(self) -> Sampling:
        """The sensor's rate and scale."""

    def start(self) -> None:
        """Begin again: the board has switched its sensor on."""

    def read(self, max_samples: int) -> Piece:
        """Return at most `max_samples` of what there is. Raises ConfigError if the sensor is gone."""


AnySource = PictureSource | SampleSource | LiveSource
