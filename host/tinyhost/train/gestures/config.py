"""Configuration of the training of a gesture recognizer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tinyhost.errors import UsageError
from tinyhost.motion.steps import MAX_STEPS
from tinyhost.train.core.config import ClassifierConfig, n_epochs, option

__all__ = ["GestureTrainConfig"]


@dataclass(frozen=True, kw_only=True)
class GestureTrainConfig(ClassifierConfig):
    """Configuration of training. The defaults suit half a minute to some hours of each gesture."""

    hands: bool = option("--hands", "Use simulated gestures instead of --data.", False)
    labels: tuple[str, ...] = option(
        "--labels", "Classes to learn; recordings of others become `other`. Default: the data's folders, sorted.", ()
    )
    silent: tuple[str, ...] = option(
        "--silent", "The classes that are not gestures: they come first and are never detected.", ("still", "other")
    )
    step_hz: float = option("--step-hz", "Steps per second; each is the mean of its samples.", 25.0, least=5, most=100)
    n_steps: int = option(
        "--steps", "Steps in a window: 50 steps at 25 per second are 2 s.", 50, least=16, most=MAX_STEPS
    )
    threshold: float | None = option(
        "--threshold",
        "Average score from which a gesture is detected. Default: the lowest one at which at most 1 % of the held-out "
        "windows without a gesture are taken for one.",
        None,
        least=0,
        most=1,
    )
    start_from: Path | None = option(
        "--start-from",
        "Start from this model of the same --width and --steps: the folder of a run, a .tflite, or a run's "
        "best.weights.h5. Its classes may differ. Default: random weights.",
        None,
    )
    people: int = option("--people", "How many people --hands simulates.", 80, least=10, most=10_000)
    n_epochs: int = n_epochs(20)
    width: int = option("--width", "Filters of the first layer; the others have twice as many.", 16, least=4, most=64)
    batch_size: int = 64
    dropout: float = 0.2
    patience: int = option(
        "--patience", "Stop after this many passes without a better held-out loss.", 10, least=1, most=10_000
    )
    min_windows: int = 10
    """of each class for training"""
    min_steps_per_epoch: int = 30
    """small sets are gone through several times an epoch, augmented anew"""

    def __post_init__(self) -> None:
        """Raise UsageError for options that exclude each other."""
        super().__post_init__()
        if self.labels and not set(self.labels) - set(self.silent):
            raise UsageError(f"--labels {','.join(self.labels)}: no gesture in it", hint="add one, such as wave")
