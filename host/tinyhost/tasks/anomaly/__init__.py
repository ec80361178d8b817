"""Anomaly: whether a machine vibrates as it did while it ran normally."""

from __future__ import annotations

from tinyhost.tasks.anomaly.task import ANOMALY

__all__ = ["ANOMALY"]
