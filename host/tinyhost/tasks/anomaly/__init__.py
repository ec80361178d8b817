"""Anomaly: whether a machine moves as it did when all was well."""

from __future__ import annotations

from tinyhost.tasks.anomaly.task import ANOMALY

__all__ = ["ANOMALY"]
