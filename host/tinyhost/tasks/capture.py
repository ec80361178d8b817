"""How labelled samples of a task are captured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tinyhost.datasets.capture import RecordingForm

__all__ = ["CaptureForm"]


@dataclass(frozen=True, kw_only=True)
class CaptureForm:
    """How labelled samples of a task are captured."""

    takes: Literal["pictures", "words", "minutes"]
    """pictures as they come, words after a prompt, or a stretch of time"""
    count: int = 0
    """pictures or words that one run takes by default"""
    recording: RecordingForm | None = None
    """how a recording of some minutes is stored (background noise for a task that takes words); None: not supported"""
