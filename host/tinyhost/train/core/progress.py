"""The progress of a training run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Report", "TrainProgress"]


@dataclass(frozen=True, kw_only=True)
class TrainProgress:
    """Where a training run is. Epochs count from 1; val_* are known at the end of an epoch only."""

    stage: str
    epoch: int = 0
    n_epochs: int = 0
    """0 in a stage in which nothing is fitted"""
    step: int = 0
    n_steps: int = 0
    """0 if they cannot be counted"""
    loss: float | None = None
    accuracy: float | None = None
    """of a classifier"""
    val_loss: float | None = None
    val_accuracy: float | None = None

    @property
    def place(self) -> str:
        """The stage, and the epoch if it has one."""
        epoch = f"epoch {self.epoch}/{self.n_epochs}"
        return self.stage if not self.n_epochs else epoch if self.stage == "epoch" else f"{self.stage}, {epoch}"

    @property
    def figures(self) -> str:
        """The figures in words; for a stage without figures, how far it has come."""
        if not self.n_epochs:
            return f"{self.step:,} of {self.n_steps:,}" if self.n_steps else ""
        values = {
            "loss": self.loss,
            "accuracy": self.accuracy,
            "held-out loss": self.val_loss,
            "held-out accuracy": self.val_accuracy,
        }
        return ", ".join(f"{name} {value:.4f}" for name, value in values.items() if value is not None)


Report = Callable[[TrainProgress], None]
