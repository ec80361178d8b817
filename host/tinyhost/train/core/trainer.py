"""The trainer of a task's models: a configuration, and a module that reads samples and trains on them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from tinyhost.datasets.skipped import Skipped
from tinyhost.train.core.config import TrainConfig
from tinyhost.train.core.progress import Report, TrainProgress

if TYPE_CHECKING:
    from tinyhost.train.core.outcome import Outcome

__all__ = ["Run", "Samples", "Trainer", "Training"]


@dataclass(frozen=True, kw_only=True)
class Run:
    """One training: the folder of its files, and the receiver of its progress."""

    folder: Path
    """gets checkpoints while it runs; `write_run` adds the results"""
    source: str
    """where the samples are from"""
    report: Report = lambda _: None
    started_s: float = field(default_factory=time.monotonic)

    @property
    def duration_s(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self.started_s

    def stage(self, name: str, step: int = 0, n_steps: int = 0) -> None:
        """Report a stage in which nothing is fitted; n_steps: 0 if it cannot be counted."""
        self.report(TrainProgress(stage=name, step=step, n_steps=n_steps))


class Samples(Protocol):
    """Samples for training, validation and testing."""

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """Files that are not usable."""
        ...

    def __len__(self) -> int:
        """Return the number of usable files."""
        ...


class Training(Protocol):
    """A module that trains models of one task, from its own configuration and its own kind of data."""

    def load(self, folder: Path | None, config: Any, run: Run) -> Samples:
        """Return the samples of a folder. Raises DatasetError for samples that cannot be learnt from."""
        ...

    def train(self, config: Any, data: Any, run: Run) -> Outcome:
        """Return a model, quantized and measured.

        Raises MissingToolError without TensorFlow, ModelError if the model is not what the board needs.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Trainer:
    """Trains models of one task; its packages are imported when it does."""

    config: type[TrainConfig]
    module: str
    """a `Training`"""
    help: str
    """of its command"""
    example: str
    """of its command"""
    data_help: str
    """what the folder of --data must hold"""
    simulated: str = ""
    """what it can simulate instead of reading --data; empty: nothing"""

    def training(self) -> Training:
        """Return the module that trains."""
        return cast("Training", import_module(self.module))
