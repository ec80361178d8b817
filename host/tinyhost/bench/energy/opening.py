"""Opening of a board's meter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinyhost.bench.energy.js220 import Js220
from tinyhost.bench.energy.meters import METER_HINT, Meter, MeterPlan
from tinyhost.bench.energy.ppk2 import Ppk2
from tinyhost.bench.energy.simulated import open_simulated
from tinyhost.boards.virtual import VirtualBoard
from tinyhost.errors import UsageError
from tinyhost.link.serial import SerialLink

if TYPE_CHECKING:
    from tinyhost.boards.base import PoweredBoard

__all__ = ["open_meter"]


def open_meter(plan: MeterPlan, powered: PoweredBoard) -> Meter:
    """Return a board's opened meter. Raises UsageError if it does not suit the board, LinkError, MissingToolError."""
    board = powered.board
    if board.is_virtual != (plan.kind == "simulated"):
        why = "draws no current that a meter could measure" if board.is_virtual else "needs a real meter"
        raise UsageError(f"{board.name} {why}", hint=METER_HINT)
    if plan.kind == "js220":
        return Js220(plan.serial, plan.inputs)
    if isinstance(board, VirtualBoard):
        return open_simulated(board.folder.path, plan)
    return Ppk2(SerialLink(plan.port, "PPK2"), millivolts=round(1000 * plan.volts), source=plan.supplies)
