"""Live predictions: a screen for people, lines for programs."""

from __future__ import annotations

from tinyhost.monitor.preview import half_blocks
from tinyhost.monitor.state import MonitorHeader, MonitorState, Reading, Snapshot

__all__ = ["MonitorHeader", "MonitorState", "Reading", "Snapshot", "half_blocks"]
