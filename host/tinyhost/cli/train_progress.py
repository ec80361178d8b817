"""How far a training run is, in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tinyhost.cli.output import progress_bars

if TYPE_CHECKING:
    from tinyhost.train.core.progress import TrainProgress

__all__ = ["training_progress"]


@contextmanager
def training_progress() -> Iterator[Callable[[TrainProgress], None]]:
    """Yield a function that shows the epoch's progress, and a line for each epoch of a classifier that is done."""
    from rich.progress import BarColumn, TimeElapsedColumn

    with progress_bars("{task.description}", BarColumn(), "{task.fields[figures]}", TimeElapsedColumn()) as bars:
        task = bars.add_task("starting", total=None, figures="")

        def show(at: TrainProgress) -> None:
            if at.val_accuracy is not None:
                bars.console.print(f"{at.place}: {at.figures}", soft_wrap=True)
            else:
                total = at.n_steps or None
                bars.update(task, description=at.place, completed=at.step, total=total, figures=at.figures)

        yield show
