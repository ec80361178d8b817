"""Power meters of a board's supply, and their configuration."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Literal, Protocol

from tinyhost.bench.energy.samples import PowerSamples
from tinyhost.errors import UsageError
from tinyhost.system.toml_tables import Table

__all__ = ["METER_HINT", "STAGES", "Meter", "MeterPlan", "OpenedMeter", "parse_meter", "read_meter"]

STAGES = ("capture", "preprocess", "invoke")
"""Of hal::Stage, one bit and one pin each."""
_KINDS = ("ppk2", "js220", "simulated")
_N_INPUTS = {"ppk2": 8, "js220": 4, "simulated": 8}
METER_HINT = "--energy ppk2:/dev/ttyACM1, js220, js220:SERIAL, or simulated on a virtual board"

MeterKind = Literal["ppk2", "js220", "simulated"]


class Meter(Protocol):
    """The contract of a meter of a board's current and marker pins."""

    @property
    def name(self) -> str:
        """The meter's name; a simulated one's says so."""

    def measure(self) -> Generator[PowerSamples, None, None]:
        """Yield pieces of samples until the generator is closed. Raises LinkError if none arrive."""

    def close(self) -> None:
        """Release it."""


@dataclass(frozen=True, kw_only=True)
class MeterPlan:
    """The type of a meter and its wiring.

    port: of a PPK2. serial: of a JS220; None: the only one. volts: of the supply. supplies: the PPK2 gives it.
    inputs: the meter's digital inputs for capture, preprocess and invoke.
    """

    kind: MeterKind
    port: str = ""
    serial: str | None = None
    volts: float = 3.3
    supplies: bool = False
    inputs: tuple[int, int, int] = (0, 1, 2)

    @property
    def by_stage(self) -> dict[str, int]:
        """The input of each stage."""
        return dict(zip(STAGES, self.inputs, strict=True))


@dataclass(frozen=True, kw_only=True)
class OpenedMeter:
    """An opened meter and its wiring."""

    meter: Meter
    plan: MeterPlan


def parse_meter(text: str) -> MeterPlan:
    """Return the meter that `--energy` names. Raises UsageError."""
    kind, colon, rest = text.partition(":")
    if kind == "ppk2" and rest:
        return MeterPlan(kind="ppk2", port=rest)
    if kind == "js220" and bool(colon) == bool(rest):
        return MeterPlan(kind="js220", serial=rest or None)
    if text == "simulated":
        return MeterPlan(kind="simulated")
    raise UsageError(f"--energy: expected ppk2:PORT, js220, js220:SERIAL or simulated; got {text!r}", hint=METER_HINT)


def read_meter(table: Table, *, virtual: bool) -> MeterPlan:
    """Return the meter in a rig's `meter` table. Raises ConfigError with its line."""
    kind: MeterKind = table.choice("kind", _KINDS)  # type: ignore[assignment]
    if (kind == "simulated") != virtual:
        what = "a virtual board draws no current" if virtual else "a real board needs a real meter"
        raise table.error("kind", what, hint='kind = "simulated"' if virtual else 'kind = "ppk2"')
    plan = MeterPlan(
        kind=kind,
        port=table.text("port") if kind == "ppk2" else "",
        serial=table.optional_text("serial") if kind == "js220" else None,
        volts=table.positive("volts", 3.3),
        supplies=table.choice("mode", ("ampere", "source"), "ampere") == "source" if kind == "ppk2" else False,
        inputs=_inputs(table, _N_INPUTS[kind]),
    )
    table.finish()
    return plan


def _inputs(table: Table, n_inputs: int) -> tuple[int, int, int]:
    found = table.integers("inputs", (0, 1, 2))
    if len(set(found)) != len(STAGES) or not set(found) <= set(range(n_inputs)):
        raise table.error(
            "inputs",
            f"expected {len(STAGES)} inputs of 0 to {n_inputs - 1}, got {list(found)}",
            hint="inputs = [0, 1, 2]",
        )
    return found[0], found[1], found[2]
