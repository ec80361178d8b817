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
    """how many pictures or words one run takes if nobody says"""
    recording: RecordingForm | None = None
    """how a stretch of time is stored, which is background noise for a task that takes words; None: it takes none"""
