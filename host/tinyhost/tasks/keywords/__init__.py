"""Keywords: which of a few words is said."""

from __future__ import annotations

from tinyhost.tasks.keywords.task import KEYWORDS

__all__ = ["KEYWORDS"]
