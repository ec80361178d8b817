"""Constants of keyword spotting: the clip length, and the classes beside the words."""

from __future__ import annotations

from tinyhost.audio.sound import SAMPLE_RATE_HZ

__all__ = ["CLIP_SAMPLES", "SILENCE", "UNKNOWN"]

CLIP_SAMPLES = SAMPLE_RATE_HZ
"""Samples in a model's window: one second."""

SILENCE, UNKNOWN = "silence", "unknown"
"""Labels of clips without speech, and of other words."""
