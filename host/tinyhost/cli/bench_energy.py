"""`bench --energy`: the power meter in the supply of the first board."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Annotated

from tinyhost.cli.declare import option
from tinyhost.errors import UsageError

if TYPE_CHECKING:
    from tinyhost.bench.energy.meters import MeterPlan, OpenedMeter
    from tinyhost.boards.base import PoweredBoard
    from tinyhost.cli.bench_checks import Gate

__all__ = ["EnergyOption", "check_meter", "opened_meter"]

EnergyOption = Annotated[
    str | None,
    option(
        "--energy",
        metavar="METER",
        help="Measure the energy of the inferences with a power meter: ppk2:PORT, js220, js220:SERIAL; rig: the "
        "board's meter in the rig file; simulated: an invented load on a virtual board.",
    ),
]


def check_meter(asked: str | None, gate: Gate) -> None:
    """Raise UsageError unless --energy names a meter, or none is needed; before anything is measured."""
    from tinyhost.bench.energy.meters import METER_HINT, parse_meter

    if asked is None and any(condition.quantity == "energy" for condition in gate.conditions):
        raise UsageError("--fail-if: energy needs a power meter", hint=METER_HINT)
    if asked is not None and asked != "rig":
        parse_meter(asked)


def opened_meter(asked: str, planned: MeterPlan | None, powered: PoweredBoard, stack: ExitStack) -> OpenedMeter:
    """Return the meter at a board's supply, open until the stack ends. planned: the rig's.

    Raises UsageError, LinkError, MissingToolError.
    """
    from tinyhost.bench.energy.meters import OpenedMeter, parse_meter
    from tinyhost.bench.energy.opening import open_meter

    plan = planned if asked == "rig" else parse_meter(asked)
    if plan is None:
        raise UsageError(
            f"--energy rig: {powered.board.name} has no meter in a rig file", hint="add meter = {...}, and give --rig"
        )
    meter = stack.enter_context(closing(open_meter(plan, powered)))
    return OpenedMeter(meter=meter, plan=plan)
