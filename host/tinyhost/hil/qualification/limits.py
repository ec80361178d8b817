"""The limits of a rig, by figure, and their configuration.

qualify = {}                                             # the default limits
qualify = { contrast = [80, 255], level_db = [-30, -6] } # other limits for some of them
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tinyhost.errors import StimulusError
from tinyhost.system.toml_tables import Table

__all__ = ["LIMITS", "Limit", "check_limits", "read_limits"]


@dataclass(frozen=True, kw_only=True)
class Limit:
    """The range of a figure."""

    low: float
    high: float
    unit: str


LIMITS: Mapping[str, Limit] = {
    "link_errors": Limit(low=0, high=0, unit=""),
    "black": Limit(low=0, high=120, unit="grey levels"),
    "white": Limit(low=60, high=254, unit="grey levels"),
    "contrast": Limit(low=40, high=255, unit="grey levels"),
    "edge": Limit(low=0, high=4, unit="pixels"),
    "delay": Limit(low=-0.5, high=2, unit="s"),
    "level_db": Limit(low=-45, high=-3, unit="dB"),
    "snr_db": Limit(low=3, high=200, unit="dB"),
    "clipped": Limit(low=0, high=0, unit="samples"),
    "vibration": Limit(low=0.02, high=2, unit="g"),
}
"""The default limits. white and black: light and exposure. edge: focus, the width of black to white."""


def read_limits(table: Table) -> dict[str, Limit]:
    """Return the limits in a rig's `qualify` table, with defaults for the rest. Raises ConfigError."""
    limits = {}
    for name, usual in LIMITS.items():
        low, high = table.span(name, (usual.low, usual.high))
        limits[name] = Limit(low=low, high=high, unit=usual.unit)
    table.finish()
    return limits


def check_limits(board: str, figures: Mapping[str, float], limits: Mapping[str, Limit]) -> None:
    """Raise StimulusError with all figures out of their limits."""
    out = [
        f"{name} {value:.4g}{f' {limit.unit}' if limit.unit else ''} (limits {limit.low:g} to {limit.high:g})"
        for name, value in figures.items()
        if not (limit := limits[name]).low <= value <= limit.high
    ]
    if out:
        raise StimulusError(f"{board}: the rig is out of its limits: {', '.join(out)}", hint="fix the bench first")
