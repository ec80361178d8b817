"""Vision: which class a picture shows; visual wake words."""

from __future__ import annotations

from tinyhost.tasks.vision.task import VISION

__all__ = ["VISION"]
