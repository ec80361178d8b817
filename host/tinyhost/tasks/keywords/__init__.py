"""Keywords: which of a few words is spoken."""

from __future__ import annotations

from tinyhost.tasks.keywords.task import KEYWORDS

__all__ = ["KEYWORDS"]
