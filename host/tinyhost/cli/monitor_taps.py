"""What `tinyhost monitor` does with predictions and samples besides showing them: keeps unsure ones, watches drift."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tinyhost.cli.output import note
from tinyhost.system.wording import counted

if TYPE_CHECKING:
    from tinyhost.monitor.drift import DriftWatch
    from tinyhost.monitor.state import MonitorState
    from tinyhost.monitor.unsure import SensorItem, UnsureKeeper
    from tinyhost.tasks.live import LiveHeader, Reading

    Sink = Callable[[Reading, LiveHeader], None]
    Tap = Callable[[SensorItem], None]

__all__ = ["drift_watch", "taps"]


def drift_watch(against: Path | None) -> DriftWatch | None:
    """Return the comparison of samples with those of a run or a data set, if one is given."""
    if against is None:
        return None
    from tinyhost.cli.skipped import tell_skipped
    from tinyhost.monitor.drift import DriftWatch

    drift = DriftWatch(against)
    tell_skipped(drift.skipped)
    return drift


@contextmanager
def taps(
    write: Sink, live: MonitorState, drift: DriftWatch | None, folder: Path | None, *, margin: float, at_most: int
) -> Iterator[tuple[Sink, Tap | None]]:
    """Yield functions for predictions and samples: they measure drift, and store unsure ones if a folder is given."""
    if folder is None and drift is None:
        yield write, None
        return
    from contextlib import nullcontext

    from tinyhost.datasets.store import DatasetStore
    from tinyhost.monitor.unsure import UnsureKeeper

    with DatasetStore(folder) if folder is not None else nullcontext() as store:
        keeper = UnsureKeeper(store, margin=margin, max_count=at_most) if store is not None else None
        parts = [part for part in (drift, keeper) if part is not None]

        def take(reading: Reading, header: LiveHeader) -> None:
            write(reading, header)
            for part in parts:
                part.take_reading(reading, header)

        def take_sample(item: SensorItem) -> None:
            for part in parts:
                part.take_sample(item)
            live.drift = drift.result if drift is not None else None

        try:
            yield take, take_sample
        finally:
            _tell_kept(keeper, folder)


def _tell_kept(keeper: UnsureKeeper | None, folder: Path | None) -> None:
    if keeper is None or folder is None:
        return
    from tinyhost.datasets.capture.unsure import UNSURE

    keeper.finish()
    note(f"{folder}: {counted(keeper.n_kept, 'sample')} kept; label them: tinyhost data label {folder / UNSURE}")
