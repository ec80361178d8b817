"""What a training run tells while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Report", "TrainProgress", "stage_progress"]


@dataclass(frozen=True, kw_only=True)
class TrainProgress:
    """Where a training run is. Epochs count from 1; val_* are set at the end of an epoch only.

    accuracy: NaN where there are no classes, and val_accuracy None.
    """

    stage: str
    epoch: int
    n_epochs: int
    step: int
    n_steps: int
    loss: float
    accuracy: float
    val_loss: float | None = None
    val_accuracy: float | None = None


Report = Callable[[TrainProgress], None]


def stage_progress(stage: str, step: int = 0, n_steps: int = 0) -> TrainProgress:
    """Return the progress of a stage in which nothing is fitted; n_steps: 0 if it cannot be counted."""
    nan = float("nan")
    return TrainProgress(stage=stage, epoch=0, n_epochs=0, step=step, n_steps=n_steps, loss=nan, accuracy=nan)
