"""What a scene is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Scene", "SceneOptions"]


@dataclass(frozen=True, kw_only=True)
class SceneOptions:
    """How a scene is played."""

    hold_s: float = 0.0
    """how long one picture stays in front of the camera; 0: every capture sees the next one"""


class Scene(Protocol):
    """Pictures, one after the other, in front of a virtual board's camera."""

    @property
    def description(self) -> str:
        """What is played, for people and manifests."""

    @property
    def current_name(self) -> str:
        """The last picture's name; "" before the first."""

    def next_frame(self, width: int, height: int) -> NDArray[np.uint8]:
        """Return the next picture, (height, width) grayscale. Raises ConfigError if it cannot be read."""

    def close(self) -> None:
        """Let go of files and cameras."""
