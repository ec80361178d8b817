"""What a keyword spotter hears and says: clips of one second, and the classes beside its words."""

from __future__ import annotations

from tinyhost.audio.sound import SAMPLE_RATE_HZ

__all__ = ["CLIP_SAMPLES", "SILENCE", "UNKNOWN"]

CLIP_SAMPLES = SAMPLE_RATE_HZ
"""One second: what the models hear."""

SILENCE, UNKNOWN = "silence", "unknown"
"""Nobody speaks; another word is spoken."""
