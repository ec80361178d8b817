"""Models that others trained, and the one that ships: what they are, and how to get them."""

from __future__ import annotations

__all__: list[str] = []
