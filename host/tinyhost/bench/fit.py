"""Whether a model fits a board that is not there."""

from __future__ import annotations

from dataclasses import dataclass

from tinyhost.bench.plan import ModelSummary

__all__ = ["ARENA_BYTES", "SLOT_BYTES", "Fit", "check_fit"]

SLOT_BYTES = 79 * 4096
"""Data pages of a model slot in the flash layout; the board reports the same in INFO."""
ARENA_BYTES = 112 * 1024
"""The engine's arena in the firmware; the board reports the same in INFO."""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A model's needs against a board's limits."""

    board: str
    fits: bool
    flash_bytes: int
    slot_bytes: int
    arena_bytes: int
    board_arena_bytes: int


def check_fit(model: ModelSummary) -> Fit:
    """Return whether the model fits the Arduino Nano 33 BLE Sense as its firmware is laid out."""
    return Fit(
        board="nano33ble",
        fits=model.flash_bytes <= SLOT_BYTES and model.arena_bytes <= ARENA_BYTES,
        flash_bytes=model.flash_bytes,
        slot_bytes=SLOT_BYTES,
        arena_bytes=model.arena_bytes,
        board_arena_bytes=ARENA_BYTES,
    )
