"""Vision: picture classification (visual wake words) and object detection."""

from __future__ import annotations

from tinyhost.tasks.vision.task import VISION

__all__ = ["VISION"]
