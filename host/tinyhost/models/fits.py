"""Whether a model fits a board that is not there."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tinyhost.models.summary import ModelSummary
from tinyhost.protocol.messages import MAX_SCORES

__all__ = ["ARENA_BYTES", "SLOT_BYTES", "Fit", "check_fit", "too_many_classes"]

SLOT_BYTES = 79 * 4096
"""Data pages of a model slot in the flash layout; the board reports the same in INFO."""
ARENA_BYTES = {"kws": 48 * 1024, "vww": 112 * 1024, "anomaly": 24 * 1024}
"""The engine's arena in each app's firmware (firmware/apps); the board reports the same in INFO."""

_LARGEST_ARENA_BYTES = max(ARENA_BYTES.values())
_CLASSIFIERS = ("kws", "vww")


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A model's needs against a board's limits."""

    board: str
    fits: bool
    flash_bytes: int
    slot_bytes: int
    arena_bytes: int
    board_arena_bytes: int
    """of the task's app; of the largest one for a model of no app"""
    n_classes: int | None
    """None unless it is an app's classifier"""
    max_classes: int


def check_fit(model: ModelSummary) -> Fit:
    """Return whether the model fits the Arduino Nano 33 BLE Sense as its firmware is laid out."""
    arena_bytes = ARENA_BYTES.get(model.task, _LARGEST_ARENA_BYTES)
    n_classes = math.prod(model.output.shape) if model.task in _CLASSIFIERS else None
    return Fit(
        board="nano33ble",
        fits=model.flash_bytes <= SLOT_BYTES and model.arena_bytes <= arena_bytes and (n_classes or 0) <= MAX_SCORES,
        flash_bytes=model.flash_bytes,
        slot_bytes=SLOT_BYTES,
        arena_bytes=model.arena_bytes,
        board_arena_bytes=arena_bytes,
        n_classes=n_classes,
        max_classes=MAX_SCORES,
    )


def too_many_classes(model: ModelSummary) -> str:
    """Return what to tell about a classifier with more classes than a board's app takes; "" if there is nothing."""
    fit = check_fit(model)
    if fit.n_classes is None or fit.n_classes <= fit.max_classes:
        return ""
    return (
        f"{model.name} has {fit.n_classes} classes, the app {model.task} takes {fit.max_classes}: "
        "it can be measured with tinyhost bench, but predicts nothing live"
    )
