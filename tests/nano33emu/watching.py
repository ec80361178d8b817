"""The emulated Nano as tests see it from outside: its statistics, and waiting for a state."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from tinyhost.boards.virtual import VirtualPower

__all__ = ["await_figures", "figures", "pass_time"]

_PATIENCE_S = 60.0
"""of a computer that does much else"""


def figures(power: VirtualPower) -> dict[str, Any]:
    """Return the emulator's statistics; docs/reference/emulator.md lists the keys."""
    values: dict[str, Any] = json.loads(power.switch("stats"))
    return values


def await_figures(power: VirtualPower, are_wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Return the figures as soon as they are as wanted."""
    deadline = time.monotonic() + _PATIENCE_S
    while not are_wanted(values := figures(power)):
        assert time.monotonic() < deadline, values
        time.sleep(0.02)
    return values


def pass_time(power: VirtualPower, seconds: float) -> None:
    """Return when so much of the board's own time has passed."""
    end_s = figures(power)["virtual_s"] + seconds
    await_figures(power, lambda now: now["virtual_s"] >= end_s)
