"""The one list of parsers of outside input. Who writes a parser adds it to the room that it belongs to."""

from __future__ import annotations

from tests.fuzz import boards, data, models
from tests.fuzz.engine import Target

__all__ = ["TARGETS"]

TARGETS: dict[str, Target] = {target.name: target for room in (models, data, boards) for target in room.TARGETS}
