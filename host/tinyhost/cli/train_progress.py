"""How far a training run is, in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import isnan
from typing import TYPE_CHECKING

from tinyhost.cli.output import progress_bars

if TYPE_CHECKING:
    from tinyhost.train.core.progress import TrainProgress

__all__ = ["training_progress"]


@contextmanager
def training_progress() -> Iterator[Callable[[TrainProgress], None]]:
    """Yield a function that shows the epoch's progress, and a line for each epoch that is done."""
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[figures]}"), TimeElapsedColumn())
    with progress_bars(*columns) as bars:
        task = bars.add_task("starting", total=None, figures="")

        def show(at: TrainProgress) -> None:
            if not at.n_epochs:  # a stage in which nothing is fitted
                counted = f"{at.step:,} of {at.n_steps:,}" if at.n_steps else ""
                bars.update(task, description=at.stage, completed=at.step, total=at.n_steps or None, figures=counted)
            elif at.val_loss is None:
                what = "epoch" if at.stage == "train" else at.stage
                accuracy = "" if isnan(at.accuracy) else f"  accuracy {at.accuracy:.3f}"
                bars.update(
                    task,
                    description=f"{what} {at.epoch}/{at.n_epochs}",
                    completed=at.step,
                    total=at.n_steps,
                    figures=f"loss {at.loss:.3f}{accuracy}",
                )
            elif at.val_accuracy is None:
                what = "" if at.stage == "epoch" else f"{at.stage}, "
                bars.update(
                    task,
                    description=f"{what}epoch {at.epoch}/{at.n_epochs}",
                    completed=at.step,
                    total=at.n_steps,
                    figures=f"loss {at.loss:.4f}, held out {at.val_loss:.4f}",
                )
            else:
                bars.console.print(
                    f"epoch {at.epoch}/{at.n_epochs}: loss {at.loss:.4f}, accuracy {at.accuracy:.4f}, "
                    f"held-out accuracy {at.val_accuracy:.4f}"
                )

        yield show
