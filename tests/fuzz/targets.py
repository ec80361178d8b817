"""The list of all parsers of untrusted input. Add a new parser to the module for its kind of input."""

from __future__ import annotations

from tests.fuzz import boards, data, models
from tests.fuzz.engine import Target

__all__ = ["TARGETS"]

TARGETS: dict[str, Target] = {target.name: target for room in (models, data, boards) for target in room.TARGETS}
